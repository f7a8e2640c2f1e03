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
    ///   - files: Reads the files that the profile names; by default those beside `file`.
    /// - Returns: The profile; it can be played as it is.
    /// - Throws: ``ProfileError`` with every problem found.
    package static func read(
        _ text: String, file: String, viewers: Int? = nil, files: ProfileFiles? = nil
    ) throws(ProfileError) -> RunProfile {
        let list = ProfileNode.ProblemList(file: file)
        let root = try parse(text, file: file)
        let profile = profile(ProfileNode(node: root, path: "", problems: list), viewers, files ?? .beside(file))
        guard list.problems.isEmpty, let profile else {
            // What is said of every player is read once for each device.
            var seen: Set<ProfileProblem> = []
            let problems = list.problems.filter { seen.insert($0).inserted }
                .sorted { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) }
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
        } catch let YamlError.scanner(_, problem, mark, _), let YamlError.parser(_, problem, mark, _),
            let YamlError.composer(_, problem, mark, _)
        {
            throw fault("this is not YAML: \(problem)", mark.line, mark.column)
        } catch let YamlError.duplicatedKeysInMapping(duplicates, context) {
            let name = duplicates.first ?? ""
            throw fault("the setting '\(name)' stands here more than once", context.mark.line, context.mark.column)
        } catch let YamlError.reader(problem, _, _, _) {
            throw fault("this is not YAML: \(problem)")
        } catch {
            throw fault("this is not YAML")
        }
    }

    private static func profile(_ root: ProfileNode, _ viewers: Int?, _ files: ProfileFiles) -> RunProfile? {
        guard root.isMapping else {
            root.problem("a profile is a mapping of settings, such as  name: first  and  streams: {main: https://…}")
            return nil
        }
        let entries = root.entries("a mapping of settings", allowed: ProfileVocabulary.root)
        let name = entries["name"]?.value("a name of up to 64 letters, digits, '-', '_' and '.'", plainName)
        if entries["name"] == nil { root.problem("the setting 'name' is missing") }
        _ = entries["description"]?.text("some words")
        let seed = entries["seed"]?.value("a whole number, not negative", UInt64.init) ?? 1
        var streams = streams(entries["streams"], root)
        let audience = AudienceReader.read(
            entries["audience"], viewers: viewers, streams: streams.map(\.name), files: files, root)
        if let mix = audience.streamWeights {
            for position in streams.indices { streams[position].weight = mix[streams[position].name] ?? 0 }
        }
        if !streams.isEmpty, streams.allSatisfy({ $0.weight <= 0 }) {
            entries["streams"]?.problem("at least one stream needs a weight above zero")
        }
        let targets = TargetsReader.read(entries["targets"])
        let player = PlayerReader.read(entries["player"])
        let http = HTTPReader.read(entries["http"])
        let devices = DeviceReader(player: entries["player"], http: http).read(audience.devices)
        let networks = NetworkReader(files: files)
        networks.read(audience.networks)
        let regions = RegionReader(networks: networks).read(audience.regions)
        let journey = JourneyReader(files: files).read(entries["access"], viewers: audience.viewers)
        var profile = RunProfile(
            name: name ?? "", seed: seed, streams: streams, regions: regions, viewers: audience.viewers,
            arrivals: audience.arrivals, watch: audience.watch, player: player, http: http,
            token: AccessReader.token(entries["access"]), probes: ProbeReader.read(entries["access"]),
            journey: journey, allowedHosts: targets.allow, dataLimit: targets.data,
            throughputLimit: targets.throughput, run: RunReader.read(entries["run"], seed: seed),
            thresholds: ThresholdsReader.read(
                entries["thresholds"],
                ThresholdsReader.Names(
                    streams: streams.map(\.name), regions: regions.map(\.name), devices: devices.map(\.name),
                    phases: audience.script.map(\.name), networks: networks.networks.map(\.name),
                    steps: journey?.steps.map(\.name) ?? [])))
        profile.script = audience.script
        profile.behaviour = audience.behaviour
        profile.devices = devices
        profile.networks = networks.networks
        profile.simulation = SimulationReader.read(entries["simulation"], regions: regions.map(\.name))
        Permission.check(profile, entries)
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
        let children = node.orderedEntries("a mapping of names to URIs")
        if children.isEmpty, node.isMapping { node.problem("no stream stands here") }
        return children.map { name, child in
            child.checkName(name)
            guard child.isMapping else {
                return RunProfile.Stream(name: name, uri: child.value(uriExpected, checkedURI) ?? "", weight: 1)
            }
            let entries = child.entries("a stream", allowed: ProfileVocabulary.stream)
            if entries["uri"] == nil { child.problem("the setting 'uri' is missing") }
            let uri = entries["uri"]?.value(uriExpected, checkedURI) ?? ""
            let weight = entries["weight"]?.value(Amounts.shareExpected, Amounts.share) ?? 1
            let ladder = entries["bitrates"]?.items().compactMap { $0.value(LadderTrack.expected, LadderTrack.init) }
            return RunProfile.Stream(
                name: name, uri: uri, weight: weight, ladder: (ladder ?? []).sorted { $0.bitRate < $1.bitRate })
        }
    }

    private static let uriExpected = "an absolute http or https URI of a playlist or MPD"

    private static func checkedURI(_ text: String) -> String? {
        let reference = URIReference(text)
        guard let scheme = reference.scheme?.lowercased(), scheme == "http" || scheme == "https",
            let host = reference.host, !host.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else { return nil }
        return text
    }
}
