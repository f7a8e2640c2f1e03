import Access
import ArgumentParser
import Foundation
import Origin
import Quantities
import RunProfile

/// What `fullhouse origin` asks of viewers, and the API that gives it to them.
struct OriginAccessOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Want a valid token, checked with the key at env:NAME or file:PATH. Alone it means Akamai Edge Auth: hdnts, "
                + "and the cookie hdntl.", valueName: "REFERENCE"))
    var key: String?

    @Option(
        help: ArgumentHelp(
            "The scheme of the tokens: \(TokenSchemes.all.map(\.name).joined(separator: ", ")).", valueName: "NAME"))
    var scheme: String?

    @Option(help: ArgumentHelp("A setting of the scheme; repeat it for more.", valueName: "NAME=VALUE"))
    var schemeOption: [String] = []

    @Option(help: ArgumentHelp("How the key is written: text, hex or base64.", valueName: "ENCODING"))
    var keyEncoding: String?

    @Option(help: ArgumentHelp("A place of the token: query, path, cookie or header; repeat it.", valueName: "PLACE"))
    var tokenIn: [String] = []

    @Option(help: ArgumentHelp("Want tokens only below this path; repeat it for more.", valueName: "PREFIX"))
    var gatePath: [String] = []

    @Option(
        help: ArgumentHelp(
            "Want tokens only for these requests: \(RequestKind.words.joined(separator: ", ")), joined with +.",
            valueName: "KINDS"))
    var gateKinds: String?

    @Option(help: "Give a cookie of the scheme for a valid token on a playlist, good for so long.")
    var cookieLifetime: String?

    @Option(
        help: ArgumentHelp(
            "The status of refusals, or of one verdict such as expired=410; repeat it.", valueName: "[VERDICT=]STATUS"))
    var refuseWith: [String] = []

    @Option(
        help: ArgumentHelp(
            "Refuse tokens that more viewers show within the time; by: address, connection, cookie or header:NAME.",
            valueName: "VIEWERS[,by=…][,within=TIME]"))
    var shareLimit: String?

    @Option(help: ArgumentHelp("Scheme and host that viewers see, where a proxy is in front.", valueName: "URL"))
    var site: String?

    @Flag(help: "Serve the entitlement API: POST /api/login, redeem, refresh, heartbeat, licence, leave.")
    var api = false

    @Option(help: "How long the tokens of the API are good.")
    var tokenLifetime: String?

    @Option(help: ArgumentHelp("A path that they cover, with wildcards; repeat it for more.", valueName: "PATTERN"))
    var tokenPath: [String] = []

    @Option(help: "The most devices of an account that may be active at the same time.")
    var concurrency: Int?

    @Option(help: "How often a device sends a heartbeat; silent for twice as long, it is not active.")
    var heartbeat: String?

    @Option(help: ArgumentHelp("Take tickets that begin so.", valueName: "PREFIX"))
    var ticketPrefix: String?

    @Option(help: ArgumentHelp("Take the tickets of this file: the first column, a ticket a line.", valueName: "FILE"))
    var ticketList: String?

    @Option(
        help: ArgumentHelp("Take tickets signed with the text at env:NAME or file:PATH.", valueName: "REFERENCE"))
    var ticketKey: String?

    @Option(help: "The wait before each answer of the API.")
    var apiDelay: String?

    @Option(help: "The share of calls that are answered with 500.")
    var apiErrors: String?

    @Option(help: "The share of calls that are answered with 503.")
    var apiUnavailable: String?

    @Option(help: ArgumentHelp("The most calls in a second; more are answered with 503.", valueName: "COUNT"))
    var apiRate: Double?

    /// Puts the options into an origin's settings.
    ///
    /// - Throws: ``CommandFailure`` that names the option which is wrong, never a key.
    func apply(to settings: inout OriginSettings) throws {
        settings.gate = try gate()
        guard api else {
            try refuseWithoutAPI()
            return
        }
        settings.entitlements = try entitlements()
    }

    // MARK: Gate

    private func gate() throws -> TokenGate? {
        guard let key else {
            let isAsked =
                scheme != nil || !schemeOption.isEmpty || keyEncoding != nil || !tokenIn.isEmpty || !gatePath.isEmpty
                || gateKinds != nil || cookieLifetime != nil || !refuseWith.isEmpty || shareLimit != nil
            if isAsked || api { throw CommandFailure(.usage, "a gate or an API needs --key") }
            return nil
        }
        let lifetime = try cookieLifetime.map { try duration($0, "--cookie-lifetime") }
        var gate: TokenGate
        if scheme == nil, schemeOption.isEmpty, keyEncoding == nil {
            gate = .akamai(
                key: try SecretLoader.key(try reference(key, "--key")), cookieLifetime: lifetime ?? .seconds(86_400))
        } else {
            gate = TokenGate(scheme: try tokenScheme(key))
            gate.cookie = lifetime.map { TokenGate.Cookie(scheme: gate.scheme, lifetime: $0) }
        }
        if !tokenIn.isEmpty { gate.placements = try tokenIn.map { try place($0) } }
        if !gatePath.isEmpty { gate.prefixes = gatePath }
        if let gateKinds { gate.kinds = try kinds(gateKinds) }
        for text in refuseWith { try refuse(text, &gate) }
        gate.sharing = try shareLimit.map { try sharing($0) }
        gate.site = site
        return gate
    }

    private func tokenScheme(_ key: String) throws -> any TokenScheme {
        let name = scheme ?? AkamaiEdgeAuth.description.name
        guard let description = TokenSchemes.named(name) else {
            throw CommandFailure(
                .usage,
                "--scheme: expected one of \(TokenSchemes.all.map(\.name).joined(separator: ", ")), found '\(name)'")
        }
        let secretNames = Set(description.options.filter(\.isSecret).map(\.name))
        var values: [String: String] = [:]
        var secrets: [String: KeyMaterial] = [:]
        for text in schemeOption {
            guard let equals = text.firstIndex(of: "=") else {
                throw CommandFailure(.usage, "--scheme-option: expected NAME=VALUE")
            }
            let option = String(text[..<equals].replacing("-", with: " "))
            let value = String(text[text.index(after: equals)...])
            if secretNames.contains(option) {
                secrets[option] = try material(value, "--scheme-option \(text[..<equals])")
            } else {
                values[option] = value
            }
        }
        let encoding = try keyEncoding.map { text in
            guard let encoding = KeyEncoding(rawValue: text) else {
                throw CommandFailure(.usage, "--key-encoding: expected text, hex or base64, found '\(text)'")
            }
            return encoding
        }
        let keyText = try material(key, "--key")
        do throws(TokenError) {
            return try description.scheme(
                key: keyText, encoding: encoding, values: values, secrets: secrets)
        } catch {
            throw CommandFailure(.usage, "--scheme \(name): \(error.description)")
        }
    }

    private func place(_ text: String) throws -> TokenPlacement {
        guard let place = TokenPlacement(rawValue: text) else {
            throw CommandFailure(.usage, "--token-in: expected query, path, cookie or header, found '\(text)'")
        }
        return place
    }

    private func kinds(_ text: String) throws -> Set<RequestKind> {
        try text.split(separator: "+", omittingEmptySubsequences: false).reduce(into: []) { kinds, word in
            guard let more = RequestKind.named(String(word)) else {
                throw CommandFailure(
                    .usage, "--gate-kinds: expected \(RequestKind.words.joined(separator: ", ")), found '\(word)'")
            }
            kinds.formUnion(more)
        }
    }

    private func refuse(_ text: String, _ gate: inout TokenGate) throws {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let last = halves.last, let status = Int(last) else {
            throw CommandFailure(.usage, "--refuse-with: expected a status such as 403 or expired=410, found '\(text)'")
        }
        guard halves.count == 2 else {
            gate.refusalStatus = status
            return
        }
        let words = TokenVerdict.allCases.filter { $0 != .valid }.map(\.rawValue)
        guard let verdict = TokenVerdict(rawValue: String(halves[0])), verdict != .valid else {
            throw CommandFailure(
                .usage, "--refuse-with: expected one of \(words.joined(separator: ", ")), found '\(halves[0])'")
        }
        gate.statuses[verdict] = status
    }

    private func sharing(_ text: String) throws -> SharingLimit {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let failure = CommandFailure(
            .usage,
            "--share-limit: expected such as 1,by=cookie,within=60s with by=address, connection, cookie or header:NAME, "
                + "found '\(text)'")
        guard let viewers = Int(parts[0]) else { throw failure }
        var limit = SharingLimit(viewers: viewers)
        for part in parts.dropFirst() {
            switch part {
            case "by=address": limit.identity = .address
            case "by=connection": limit.identity = .connection
            case "by=cookie": limit.identity = .cookie
            case _ where part.hasPrefix("by=header:") && part.utf8.count > 10:
                limit.identity = .header(part.dropFirst(10).lowercased())
            case _ where part.hasPrefix("within="):
                limit.window = try duration(String(part.dropFirst(7)), "--share-limit")
            default: throw failure
            }
        }
        return limit
    }
}

extension OriginAccessOptions {
    // MARK: API

    private func entitlements() throws -> EntitlementSettings {
        var settings = EntitlementSettings()
        if let tokenLifetime { settings.lifetime = try duration(tokenLifetime, "--token-lifetime") }
        if !tokenPath.isEmpty { settings.paths = tokenPath }
        if let concurrency { settings.concurrency = concurrency }
        if let heartbeat { settings.heartbeat = try duration(heartbeat, "--heartbeat") }
        if let apiDelay { settings.delay = try duration(apiDelay, "--api-delay") }
        if let apiErrors { settings.errors = try share(apiErrors, "--api-errors") }
        if let apiUnavailable { settings.unavailable = try share(apiUnavailable, "--api-unavailable") }
        settings.callsPerSecond = apiRate
        if [ticketPrefix, ticketList, ticketKey].count(where: { $0 != nil }) > 1 {
            throw CommandFailure(.usage, "give one of --ticket-prefix, --ticket-list and --ticket-key")
        }
        if let ticketPrefix { settings.tickets = .prefix(ticketPrefix) }
        if let ticketList { settings.tickets = .listed(try tickets(ofFile: ticketList)) }
        if let ticketKey { settings.tickets = .signed(TicketKey(bytes: try secret(ticketKey, "--ticket-key"))) }
        return settings
    }

    private func refuseWithoutAPI() throws {
        let isAsked =
            tokenLifetime != nil || !tokenPath.isEmpty || concurrency != nil || heartbeat != nil
            || ticketPrefix != nil || ticketList != nil || ticketKey != nil || apiDelay != nil || apiErrors != nil
            || apiUnavailable != nil || apiRate != nil
        if isAsked { throw CommandFailure(.usage, "settings of the API need --api") }
    }

    private func tickets(ofFile path: String) throws -> Set<String> {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw CommandFailure(.noInput, "--ticket-list: the file \(path) cannot be read")
        }
        return Set(
            text.split(whereSeparator: \.isNewline).compactMap { line in
                let column = line.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)[0]
                    .trimmingCharacters(in: CharacterSet(charactersIn: " \t\""))
                return column.isEmpty ? nil : column
            })
    }

    private func duration(_ text: String, _ name: String) throws -> TimeAmount {
        guard let duration = Amounts.duration(text) else {
            throw CommandFailure(.usage, "\(name): expected \(Amounts.durationExpected), found '\(text)'")
        }
        return duration
    }

    private func share(_ text: String, _ name: String) throws -> Double {
        guard let share = Amounts.share(text), share <= 1 else {
            throw CommandFailure(.usage, "\(name): expected a share such as 5%, found '\(text)'")
        }
        return share
    }

    // MARK: Secrets

    private func reference(_ text: String, _ name: String) throws -> SecretReference {
        guard let reference = SecretReference(text) else {
            throw CommandFailure(
                .usage, "\(name) takes env:NAME or file:PATH; a key itself does not belong on a command line")
        }
        return reference
    }

    private func material(_ text: String, _ name: String) throws -> KeyMaterial {
        KeyMaterial(bytes: try secret(text, name, isTrimmed: false))
    }

    private func secret(_ text: String, _ name: String, isTrimmed: Bool = true) throws -> [UInt8] {
        var bytes: [UInt8]
        switch try reference(text, name) {
        case .environment(let variable):
            guard let value = ProcessInfo.processInfo.environment[variable] else {
                throw CommandFailure(.noInput, "\(name): the environment variable \(variable) is not set")
            }
            bytes = Array(value.utf8)
        case .file(let path):
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CommandFailure(.noInput, "\(name): the key file \(path) cannot be read")
            }
            bytes = Array(data)
        }
        if isTrimmed { while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() } }
        guard !bytes.isEmpty else { throw CommandFailure(.badInput, "\(name): what it names is empty") }
        return bytes
    }
}
