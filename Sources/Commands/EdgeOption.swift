import Origin
import Quantities
import RunProfile

/// Reads an edge as written on a command line:
/// `127.0.0.2:8080,pop=bgo,delay=150ms,cap=2Mbit/s,capacity=1Gbit/s,errors=1%,missing=1%,truncated=1%,stale=10s,wrong=rewinds`.
enum EdgeOption {
    /// What the setting looks like, for messages.
    static let expected =
        "ADDRESS[:PORT][,pop=NAME][,delay=TIME][,cap=RATE][,capacity=RATE][,stale=TIME][,errors=SHARE]"
        + "[,missing=SHARE][,unavailable=SHARE][,truncated=SHARE][,error-pages=SHARE][,empty=SHARE][,short=SHARE][,wrong-type=SHARE]"
        + "[,playlist-errors=SHARE][,playlist-missing=SHARE][,playlist-error-pages=SHARE][,freeze=TIME]"
        + "[,wrong=rewinds|uris|target-duration|bit-rates|dates|drift|holes|hold-back]"
        + "[,leak=open|segments|playlists|KIND|expiry|start|path|address|signature|use|sharing[+…]][,api=yes|no]"

    /// - Throws: ``CommandFailure`` that names the part which is wrong.
    static func edge(_ text: String, number: Int) throws -> EdgeSettings {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let (address, port) = try socket(parts[0], in: text)
        var edge = EdgeSettings(address: address, port: port, pop: "edge\(number)")
        for part in parts.dropFirst() {
            let halves = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard halves.count == 2, try apply(halves[0], halves[1], to: &edge) else {
                throw CommandFailure(.usage, "--edge \(text): '\(part)' is not understood; expected \(expected)")
            }
        }
        return edge
    }

    private static func socket(_ text: String, in whole: String) throws -> (String, Int) {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let address = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            if rest.isEmpty, !address.isEmpty { return (address, 0) }
            if rest.hasPrefix(":"), !address.isEmpty, let port = Int(rest.dropFirst()) { return (address, port) }
        } else {
            let halves = text.split(separator: ":", omittingEmptySubsequences: false)
            if halves.count == 1, !text.isEmpty { return (text, 0) }
            if halves.count == 2, !halves[0].isEmpty, let port = Int(halves[1]) { return (String(halves[0]), port) }
        }
        throw CommandFailure(.usage, "--edge \(whole): '\(text)' is no address; write one such as 127.0.0.1:8080")
    }

    /// Sets one part; false when it is not understood.
    private static func apply(_ name: String, _ value: String, to edge: inout EdgeSettings) throws -> Bool {
        func time(_ path: WritableKeyPath<EdgeSettings, TimeAmount>) -> Bool {
            guard let time = Amounts.duration(value) else { return false }
            edge[keyPath: path] = time
            return true
        }
        func share(_ path: WritableKeyPath<EdgeSettings, Double>) -> Bool {
            guard let share = Amounts.share(value) else { return false }
            edge[keyPath: path] = share
            return true
        }
        switch name {
        case "pop":
            edge.pop = value
            return true
        case "delay": return time(\.firstByteDelay)
        case "stale": return time(\.staleness)
        case "cap":
            edge.throughputCap = Amounts.bitRate(value)
            return edge.throughputCap != nil
        case "capacity":
            edge.capacity = Amounts.bitRate(value)
            return edge.capacity != nil
        case "errors": return share(\.segmentFaults.serverError)
        case "missing": return share(\.segmentFaults.notFound)
        case "unavailable": return share(\.segmentFaults.unavailable)
        case "truncated": return share(\.segmentFaults.truncated)
        case "error-pages": return share(\.segmentFaults.errorPage)
        case "empty": return share(\.segmentFaults.empty)
        case "short": return share(\.segmentFaults.short)
        case "wrong-type": return share(\.segmentFaults.wrongType)
        case "playlist-error-pages": return share(\.playlistFaults.errorPage)
        case "freeze":
            edge.contentFaults.updateInterval = Amounts.duration(value)
            return edge.contentFaults.updateInterval != nil
        case "wrong": return spoil(value, &edge.contentFaults)
        case "leak":
            guard let faults = GateFaults(value) else { return false }
            edge.gateFaults = faults
            return true
        case "api":
            edge.servesEntitlements = value == "yes"
            return value == "yes" || value == "no"
        case "playlist-errors": return share(\.playlistFaults.serverError)
        case "playlist-missing": return share(\.playlistFaults.notFound)
        default: return false
        }
    }

    /// Makes one thing in playlists wrong (docs/ORIGIN.md); false for a name that is not known.
    private static func spoil(_ name: String, _ faults: inout ContentFaults) -> Bool {
        switch name {
        case "rewinds": faults.rewinds = true
        case "uris": faults.changesURIs = true
        case "target-duration": faults.understatesTargetDuration = true
        case "bit-rates": faults.bitRateUnderstatement = 2
        case "dates": faults.omitsDates = true
        case "drift": faults.dateDrift = .milliseconds(100)
        case "holes": faults.timelineHoles = true
        case "hold-back": faults.shortHoldBack = true
        default: return false
        }
        return true
    }
}
