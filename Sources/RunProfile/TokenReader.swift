import Access
import Journeys
import Quantities

/// Reads `access.token`.
enum TokenReader {
    static func read(_ node: ProfileNode) -> RunProfile.Token? {
        let entries = node.entries("a mapping", allowed: ProfileVocabulary.token)
        let isIssued = entries["scheme"]?.node.scalar?.string == RunProfile.Token.issued
        for name in isIssued ? ["scheme", "fields", "lifetime"] : ["scheme", "key", "lifetime"]
        where entries[name] == nil {
            node.problem("the setting '\(name)' is missing")
        }
        guard var token = isIssued ? issued(entries) : signed(entries, node) else { return nil }
        readTimes(entries, &token)
        readBindings(entries, &token)
        if let hosts = entries["hosts"] {
            token.hosts = hosts.items().compactMap { $0.text("a host name")?.lowercased() }
        }
        if let on = entries["on"] {
            token.onManifestOnly =
                on.value("one of: every request, manifest") { ["every request", "manifest"].contains($0) ? $0 : nil }
                == "manifest"
        }
        return token.lifetime > .zero ? token : nil
    }

    // MARK: Signed here

    private static func signed(_ entries: [String: ProfileNode], _ node: ProfileNode) -> RunProfile.Token? {
        let names = TokenSchemes.all.map(\.name) + [RunProfile.Token.issued]
        let description = entries["scheme"]?.value("one of: " + names.joined(separator: ", "), TokenSchemes.named)
        // What stands here may be the key itself, so it is not repeated in the message.
        let key = entries["key"].flatMap(reference)
        let paths = paths(entries["paths"])
        guard let description else { return nil }
        entries["renewal header"]?.nameProblem("this is for issued tokens; the scheme knows its own")
        var token = RunProfile.Token(scheme: description.name, key: key)
        token.paths = paths
        token.encoding = entries["key format"]?.value(
            "one of: " + KeyEncoding.allCases.map(\.rawValue).joined(separator: ", "), KeyEncoding.init(rawValue:))
        readOptions(entries, description, &token)
        guard let scheme = checked(description, token, node) else { return nil }
        readPlacement(entries["placement"], scheme.placements, &token)
        switch scheme.coverage {
        case .paths where paths.isEmpty && entries["paths"] == nil: node.problem("the setting 'paths' is missing")
        case .oneURL where !paths.isEmpty:
            entries["paths"]?.problem("this scheme signs each URL by itself; leave it out")
        case .paths, .oneURL, .either: break
        }
        return token
    }

    private static func paths(_ node: ProfileNode?) -> [String] {
        guard let node else { return [] }
        if node.node.sequence?.isEmpty == true { node.problem("at least one path must stand here") }
        return node.items().compactMap { item in
            item.value("a path with wildcards such as /live/*") { $0.hasPrefix("/") ? $0 : nil }
        }
    }

    private static func reference(_ node: ProfileNode) -> SecretReference? {
        guard let text = node.text("env:NAME or file:PATH") else { return nil }
        if let reference = SecretReference(text) { return reference }
        node.problem("expected env:NAME or file:PATH; a key itself does not belong in a profile")
        return nil
    }

    private static func readOptions(
        _ entries: [String: ProfileNode], _ description: SchemeDescription, _ token: inout RunProfile.Token
    ) {
        var options = entries["options"]?.entries("a mapping", allowed: description.options.map(\.name)) ?? [:]
        if let name = entries["name"] {
            if description.options.contains(where: { $0.name == "name" }) {
                options["name"] = name
            } else {
                name.nameProblem("this scheme's names are fixed, or are among its 'options'")
            }
        }
        for option in description.options {
            guard let node = options[option.name] else { continue }
            if option.isSecret {
                token.secrets[option.name] = reference(node)
            } else if option.allowed.isEmpty {
                token.options[option.name] = node.text(option.meaning)
            } else {
                token.options[option.name] = node.value("one of: " + option.allowed.joined(separator: ", ")) {
                    option.allowed.contains($0) ? $0 : nil
                }
            }
        }
    }

    /// Makes the scheme without its key, to find out what is wrong with its options.
    private static func checked(
        _ description: SchemeDescription, _ token: RunProfile.Token, _ node: ProfileNode
    ) -> (any TokenScheme)? {
        do throws(TokenError) {
            return try description.scheme(key: nil, encoding: token.encoding, values: token.options)
        } catch {
            node.problem(error.description)
            return nil
        }
    }

    private static func readPlacement(
        _ node: ProfileNode?, _ allowed: [TokenPlacement], _ token: inout RunProfile.Token
    ) {
        token.placement = allowed.first ?? .query
        guard let node else { return }
        let expected = "one of: " + allowed.map(\.rawValue).joined(separator: ", ")
        token.placement =
            node.value(expected) { text in
                TokenPlacement(rawValue: text).flatMap { allowed.contains($0) ? $0 : nil }
            } ?? token.placement
    }

    // MARK: Issued by a service

    private static func issued(_ entries: [String: ProfileNode]) -> RunProfile.Token? {
        for name in [
            "key", "key format", "paths", "options", "name", "clock shift", "session", "address", "data", "start",
        ] {
            entries[name]?.nameProblem("this is for tokens that are signed here; an issued one is taken as it is")
        }
        var token = RunProfile.Token(scheme: RunProfile.Token.issued, key: nil)
        for (name, child) in entries["fields"]?.orderedEntries("a mapping of names to templates such as '{token}'")
            ?? []
        {
            guard let template = child.text("a template such as '{token}'") else { continue }
            token.fields.append(RunProfile.Token.Field(name: name, template: Template(template)))
        }
        readPlacement(entries["placement"], [.query, .cookie, .header], &token)
        token.renewalHeader = entries["renewal header"]?.text("the name of a header")?.lowercased()
        return token
    }

    // MARK: Times and bindings

    private static func readTimes(_ entries: [String: ProfileNode], _ token: inout RunProfile.Token) {
        token.lifetime = entries["lifetime"]?.duration(orZero: false) ?? .zero
        token.refresh = entries["refresh"]?.duration() ?? min(.seconds(5), token.lifetime)
        token.refreshInterval = entries["refresh every"]?.duration(orZero: false)
        if let refused = entries["when refused"] {
            token.refreshesWhenRefused =
                refused.value("one of: refresh, fail") { ["refresh", "fail"].contains($0) ? $0 : nil } != "fail"
        }
        if let shift = entries["clock shift"] {
            token.clockShift =
                shift.value("a duration such as 30 s, or with a minus sign -30 s") { text in
                    let isBehind = text.hasPrefix("-")
                    return Amounts.duration(isBehind ? String(text.dropFirst()) : text).map { isBehind ? -$0 : $0 }
                } ?? .zero
        }
    }

    private static func readBindings(_ entries: [String: ProfileNode], _ token: inout RunProfile.Token) {
        token.bindsSession = entries["session"]?.value("true or false", Bool.init)
        token.clientAddress = entries["address"]?.value("an IP address", AudienceReader.address)
        token.payload = entries["data"]?.text("some text")
        token.saysStart = entries["start"]?.value("true or false", Bool.init) ?? false
    }
}
