import Audience
import Measurement
import Playback
import Quantities
import Transport
import Yams

/// Reads a profile from YAML and checks it, reporting everything that is wrong at once.
package enum ProfileReader {
    /// Reads a profile.
    ///
    /// - Parameters:
    ///   - text: The YAML.
    ///   - file: What the file is called in problems.
    ///   - viewers: Takes the place of `audience.viewers`.
    /// - Returns: The profile, checked.
    /// - Throws: ``ProfileError`` with every problem found.
    package static func read(_ text: String, file: String, viewers: Int? = nil) throws(ProfileError) -> RunProfile {
        let list = ProfileNode.ProblemList(file: file)
        let root = try parse(text, file: file)
        let profile = profile(ProfileNode(node: root, path: "", problems: list), viewers)
        guard list.problems.isEmpty, let profile else {
            let problems = list.problems.sorted { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) }
            throw ProfileError(problems: problems)
        }
        return profile
    }

    private static func parse(_ text: String, file: String) throws(ProfileError) -> Node {
        func fault(_ message: String, _ line: Int? = nil, _ column: Int? = nil) -> ProfileError {
            ProfileError(
                problems: [ProfileProblem(file: file, line: line, column: column, setting: "", message: message)])
        }
        do {
            guard let node = try Yams.compose(yaml: text) else { throw fault("the profile is empty") }
            return node
        } catch let error as ProfileError {
            throw error
        } catch let YamlError.scanner(_, problem, mark, _), let YamlError.parser(_, problem, mark, _) {
            throw fault("is not YAML: \(problem)", mark.line, mark.column)
        } catch let YamlError.duplicatedKeysInMapping(duplicates, context) {
            let names = duplicates.joined(separator: ", ")
            throw fault("the setting \(names) stands there twice", context.mark.line, context.mark.column)
        } catch {
            throw fault("is not YAML")
        }
    }

    private static let settings = [
        "name", "description", "seed", "targets", "streams", "access", "audience", "player", "http", "run",
        "thresholds",
    ]

    private static func profile(_ root: ProfileNode, _ viewers: Int?) -> RunProfile? {
        let entries = root.entries("a mapping of settings", allowed: settings)
        let name = entries["name"]?.value("a name of letters, digits, '-', '_' and '.'", plainName)
        if entries["name"] == nil { root.problem("the setting 'name' is missing") }
        let seed = entries["seed"]?.value("a whole number", UInt64.init) ?? 1
        let streams = streams(entries["streams"], root)
        let regionNodes = entries["audience"]?.isMapping == true
        let audience = AudienceReader.read(entries["audience"], viewers: viewers, streams: streams.map(\.name), root)
        let targets = TargetsReader.read(entries["targets"])
        let run = RunReader.read(entries["run"], seed: seed)
        var weighted = streams
        for position in weighted.indices {
            if let weight = audience.streamWeights?[weighted[position].name] {
                weighted[position].weight = weight
            } else if audience.streamWeights != nil {
                weighted[position].weight = 0
            }
        }
        let profile = RunProfile(
            name: name ?? "", seed: seed, streams: weighted, regions: audience.regions, viewers: audience.viewers,
            arrivals: audience.arrivals, watch: audience.watch, player: PlayerReader.read(entries["player"]),
            http: HTTPReader.read(entries["http"]), token: TokenReader.read(entries["access"]),
            allowedHosts: targets.allow, dataLimit: targets.data, throughputLimit: targets.throughput, run: run,
            thresholds: thresholds(entries["thresholds"]))
        if regionNodes, !weighted.isEmpty, weighted.allSatisfy({ $0.weight <= 0 }) {
            entries["streams"]?.problem("at least one stream needs a weight above zero")
        }
        checkPermission(profile, entries)
        return root.problems.problems.isEmpty ? profile : nil
    }

    /// A name that can be a folder's.
    private static func plainName(_ text: String) -> String? {
        let isPlain =
            !text.isEmpty && text.count <= 64 && text.first != "."
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
        return isPlain ? text : nil
    }

    private static func streams(_ node: ProfileNode?, _ root: ProfileNode) -> [RunProfile.Stream] {
        guard let node else {
            root.problem(
                "the setting 'streams' is missing; write at least one, such as  streams: {main: https://…/master.m3u8}")
            return []
        }
        var result: [RunProfile.Stream] = []
        for (name, child) in node.orderedEntries("a mapping of names to URIs") {
            if child.isMapping {
                let entries = child.entries("a stream", allowed: ["uri", "weight"])
                if entries["uri"] == nil { child.problem("the setting 'uri' is missing") }
                let uri = entries["uri"]?.value(uriExpected, checkedURI) ?? ""
                let weight = entries["weight"]?.value(Amounts.shareExpected, Amounts.share) ?? 1
                result.append(RunProfile.Stream(name: name, uri: uri, weight: weight))
            } else {
                let uri = child.value(uriExpected, checkedURI) ?? ""
                result.append(RunProfile.Stream(name: name, uri: uri, weight: 1))
            }
        }
        if result.isEmpty, root.problems.problems.isEmpty { node.problem("no stream stands here") }
        return result
    }

    private static let uriExpected = "an absolute http or https URI of a playlist or MPD"

    private static func checkedURI(_ text: String) -> String? {
        let reference = URIReference(text)
        guard let scheme = reference.scheme?.lowercased(), scheme == "http" || scheme == "https",
            let host = reference.host, !host.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else { return nil }
        return text
    }

    private static func thresholds(_ node: ProfileNode?) -> [String] {
        guard let node else { return [] }
        return node.items().compactMap { item in
            guard let text = item.text("a threshold such as startup time p95 < 3 s") else { return nil }
            do throws(ThresholdParseError) {
                _ = try Threshold(parsing: text)
                return text
            } catch {
                item.problem(error.sentence)
                return nil
            }
        }
    }

    /// A crowd may only be sent to hosts that the profile lists, or to this machine.
    private static func checkPermission(_ profile: RunProfile, _ entries: [String: ProfileNode]) {
        guard profile.viewers > RunProfile.viewersWithoutPermission else { return }
        for stream in profile.streams {
            guard let host = URIReference(stream.uri).host, !LoopbackHost.matches(host) else { continue }
            guard let allowed = profile.allowedHosts else {
                entries["streams"]?.problem(
                    "\(profile.viewers) viewers may not be sent to \(host) unless the profile lists it; add"
                        + "  targets: {allow: [\(host)]}  if you are entitled to load it")
                return
            }
            if !allowed.contains(host), !allowed.contains(where: { $0.hasPrefix(host + ":") }) {
                entries["streams"]?.problem("the stream \(stream.name) is on \(host), which is not among targets.allow")
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
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
