import Quantities

/// Whom a profile may contact: a crowd may only be sent to hosts that the profile lists, or to this machine.
enum Permission {
    static func check(_ profile: RunProfile, _ entries: [String: ProfileNode]) {
        guard let node = entries["streams"] else { return }
        // What is wrong in the list itself is to be mended first.
        guard !node.problems.problems.contains(where: { $0.setting.hasPrefix("targets.allow") }) else { return }
        checkSteps(profile, entries["access"])
        checkCollectors(profile, entries["audience"])
        let edges = profile.regions.flatMap(\.edges)
        for stream in profile.streams {
            let reference = URIReference(stream.uri)
            guard let host = reference.host else { continue }
            if let allowed = profile.allowedHosts {
                let isListed =
                    allowed.contains(host) || reference.port.map { allowed.contains("\(host):\($0)") } == true
                if !isListed {
                    node.problem("the stream \(stream.name) is on \(host), which is not among targets.allow")
                }
                continue
            }
            // An edge's address takes the place of the name's: then the name being this machine's means nothing.
            let isHere =
                LoopbackHost.matches(host) && edges.allSatisfy(LoopbackHost.matches)
                && !(host == "localhost" && asksOthers(profile))
            guard !isHere, profile.viewers > RunProfile.viewersWithoutPermission else { continue }
            node.problem(
                "\(profile.viewers) viewers may not be sent to \(host) unless the profile lists it; add"
                    + "  targets: {allow: [\"\(host)\"]}  if you are entitled to load it")
            return
        }
    }
}

/// The same rule for collectors of telemetry, and names that others are asked for.
extension Permission {
    /// Whether somebody else than this machine says what a name means.
    private static func asksOthers(_ profile: RunProfile) -> Bool {
        profile.regions.contains { $0.resolver != .system }
    }

    private static func checkCollectors(_ profile: RunProfile, _ node: ProfileNode?) {
        guard let node else { return }
        for device in profile.devices {
            guard let collector = device.player.cmcd?.collector else { continue }
            let reference = URIReference(collector.uri)
            guard let host = reference.host else { continue }
            let word = "the CMCD collector of \(device.name)"
            if let allowed = profile.allowedHosts {
                let isListed =
                    allowed.contains(host) || reference.port.map { allowed.contains("\(host):\($0)") } == true
                if !isListed { node.problem("\(word) is on \(host), which is not among targets.allow") }
            } else if !LoopbackHost.matches(host), profile.viewers > RunProfile.viewersWithoutPermission {
                node.problem(
                    "\(profile.viewers) viewers may not post to \(host) (\(word)) unless the profile lists it; add"
                        + "  targets: {allow: [\"\(host)\"]}  if you are entitled to load it")
            }
        }
    }
}

/// The same rule for the hosts of a journey's steps; those that servers name at run time are the transport's to refuse.
extension Permission {
    private static func checkSteps(_ profile: RunProfile, _ node: ProfileNode?) {
        guard let node, let journey = profile.journey else { return }
        var told: Set<String> = []
        var places = journey.steps.map { ("the step \($0.name)", $0.uri) }
        if let manifest = journey.manifest { places.append(("'access: manifest'", manifest)) }
        for (name, uri) in places where !uri.beginsWithName {
            let reference = URIReference(uri.literalPrefix)
            guard let host = reference.host, told.insert(host).inserted else { continue }
            if let allowed = profile.allowedHosts {
                let isListed =
                    allowed.contains(host) || reference.port.map { allowed.contains("\(host):\($0)") } == true
                if !isListed { node.problem("\(name) is on \(host), which is not among targets.allow") }
            } else if !LoopbackHost.matches(host), profile.viewers > RunProfile.viewersWithoutPermission {
                node.problem(
                    "\(profile.viewers) viewers may not be sent to \(host) by \(name) unless the profile lists it; add"
                        + "  targets: {allow: [\"\(host)\"]}  if you are entitled to load it")
            }
        }
    }
}

/// Names of this machine.
package enum LoopbackHost {
    /// True for `localhost`, 127.0.0.0/8 and `::1`.
    package static func matches(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { $0.first != "+" && UInt8($0) != nil }
    }
}
