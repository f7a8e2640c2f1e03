import Playback
import Quantities
import Transport

/// Reads `audience.devices`.
struct DeviceReader {
    /// `player`: what is said of every player; nil where nothing is.
    let player: ProfileNode?
    /// `http` as read: what is said of the requests of players that are no one in particular.
    let http: RunProfile.HTTP

    /// The devices in the file's order; the one that `player` and `http` describe where there are none.
    func read(_ node: ProfileNode?) -> [RunProfile.Device] {
        guard let node else { return [alone()] }
        let entries = node.orderedEntries("a mapping of devices to shares")
        let devices = entries.map { name, child in
            child.checkName(name)
            return child.isMapping ? described(name, child) : short(name, child)
        }
        if node.isMapping, devices.allSatisfy({ $0.weight <= 0 }) {
            node.problem("at least one device needs a share above zero")
        }
        return devices
    }

    /// The one device of a profile that names none.
    private func alone() -> RunProfile.Device {
        let settings = PlayerReader.read(player)
        return RunProfile.Device(name: settings.name, weight: 1, preset: .standard, player: settings, http: http)
    }

    /// `hls.js: 45%`: the name is a preset's.
    private func short(_ name: String, _ node: ProfileNode) -> RunProfile.Device {
        let weight = node.value(Amounts.shareExpected, Amounts.share) ?? 1
        return device(name, weight, preset(named: name, node))
    }

    private func described(_ name: String, _ node: ProfileNode) -> RunProfile.Device {
        let allowed = ProfileVocabulary.device + ProfileVocabulary.player
        let entries = node.entries("a device", allowed: allowed)
        let weight = entries["share"]?.value(Amounts.shareExpected, Amounts.share) ?? 1
        let preset: PlayerPreset
        if let written = entries["preset"] {
            preset =
                written.value("one of: \(Self.presetNames.joined(separator: ", "))", PlayerPreset.init(rawValue:))
                ?? .standard
        } else {
            // A device with a name of its own, and no preset, is the player that the profile describes.
            preset = PlayerPreset(rawValue: name) ?? .standard
        }
        var device = device(name, weight, preset)
        device.player = PlayerReader.read(node, base: device.player, allowed: allowed)
        readRequests(entries, &device)
        device.player.cmcd = entries["cmcd"].flatMap(CMCDReader.read)
        return device
    }

    private func device(_ name: String, _ weight: Double, _ preset: PlayerPreset) -> RunProfile.Device {
        var settings = PlayerReader.read(player, base: preset.settings)
        settings.name = name
        var device = RunProfile.Device(name: name, weight: weight, preset: preset, player: settings, http: http)
        guard preset != .standard else { return device }
        device.http.userAgent = preset.userAgent
        device.http.parallelTransfers = preset.parallelTransfers
        device.headers = preset.headers
        return device
    }

    private func readRequests(_ entries: [String: ProfileNode], _ device: inout RunProfile.Device) {
        if let version = entries["http version"] {
            device.http.version = version.value("one of: 1.1, 2, 3", HTTPVersion.init(rawValue:)) ?? .http1
        }
        if let agent = entries["user agent"] {
            device.http.userAgent =
                agent.value(HeaderText.expected, HeaderText.value) ?? device.http.userAgent
        }
        if let parallel = entries["parallel transfers"] {
            device.http.parallelTransfers = parallel.whole(1...64) ?? device.http.parallelTransfers
        }
        for (name, child) in entries["headers"]?.orderedEntries("a mapping of header names to values") ?? [] {
            guard HeaderText.isName(name) else {
                child.nameProblem("a header's name has letters, digits and '-', and is not one that the transfer makes")
                continue
            }
            guard let value = child.value(HeaderText.expected, HeaderText.value) else { continue }
            device.headers.removeAll { $0.name.lowercased() == name.lowercased() }
            device.headers.append(HTTPHeader(name: name, value: value))
        }
    }

    private func preset(named name: String, _ node: ProfileNode) -> PlayerPreset {
        if let preset = PlayerPreset(rawValue: name) { return preset }
        node.nameProblem(
            "this is no player that is known here\(Spelling.hint(for: name, among: Self.presetNames)); or describe it:"
                + "  \(name): {share: 10%, preset: hls.js}")
        return .standard
    }

    /// The presets' names as profiles have them.
    static let presetNames = PlayerPreset.allCases.map(\.rawValue)
}

/// What can stand in a header.
enum HeaderText {
    /// For messages.
    static let expected = "printable ASCII characters"

    /// Names that the transport gives itself, or that would break the exchange.
    private static let reserved: Set<String> = [
        "host", "range", "accept-encoding", "content-length", "transfer-encoding", "connection", "cookie",
        "user-agent",
    ]

    /// A value without control characters and line ends; nil for anything else.
    static func value(_ text: String) -> String? { text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? text : nil }

    /// Whether this is a name that may be set.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64 && !reserved.contains(text.lowercased())
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    }
}
