import Quantities

/// A variant as one EXT-X-STREAM-INF or EXT-X-I-FRAME-STREAM-INF declares it.
struct Variant {
    var track: Track
    /// Where it is; the name is its PATHWAY-ID.
    var location: TrackLocation
    var isAudioOnly: Bool
    var line: Int
}

/// Joins variants that are the same save for their place into one track with several locations.
///
/// Within a pathway those are redundant whose attributes are equal but for the URI and the groups (the attributes that
/// hls.js compares, with STABLE-VARIANT-ID). Variants of different pathways are the same when their STABLE-VARIANT-ID
/// is; where several have it, because one URI goes with several groups, those that are alike belong together, then the
/// first. Without identifiers equal attributes decide.
struct VariantGrouping {
    /// The attributes that make two variants the same.
    private struct Key: Hashable {
        var bitRate: BitRate
        var width: Int
        var height: Int
        var frameRate: Double
        var codecs: String
        var supplementalCodecs: String
        var videoRange: String
        var hdcpLevel: String
        var allowedCPC: String
        var videoLayout: String

        init(_ track: Track) {
            bitRate = track.bitRate
            width = track.width
            height = track.height
            frameRate = track.frameRate
            codecs = track.codecs
            supplementalCodecs = track.details.supplementalCodecs
            videoRange = track.details.videoRange
            hdcpLevel = track.details.hdcpLevel
            allowedCPC = track.details.allowedCPC
            videoLayout = track.details.videoLayout
        }
    }

    private struct StableKey: Hashable {
        var key: Key
        var stableID: String
    }

    private struct PathwayOfID: Hashable {
        var stableID: String
        var pathway: String
    }

    /// The joined variants in the order of their first one.
    private(set) var variants: [Variant] = []
    /// How many locations each has in each pathway.
    private var counts: [[String: Int]] = []
    private var byStableKey: [StableKey: Int] = [:]
    private var byKey: [Key: Int] = [:]
    /// The joined variants with an identifier, and how many of them are known to have a location in a pathway.
    private var byStableID: [String: [Int]] = [:]
    private var taken: [PathwayOfID: Int] = [:]

    /// Adds a variant, as a new one or as a further location.
    mutating func add(_ variant: Variant) {
        let key = Key(variant.track)
        let stableID = variant.track.details.stableID
        let pathway = variant.location.name
        guard let place = place(of: key, stableID: stableID, pathway: pathway) else {
            var new = variant
            new.track.id = String(variants.count)
            new.track.locations = [variant.location]
            byStableKey[StableKey(key: key, stableID: stableID)] = variants.count
            if byKey[key] == nil { byKey[key] = variants.count }
            if !stableID.isEmpty { byStableID[stableID, default: []].append(variants.count) }
            counts.append([pathway: 1])
            variants.append(new)
            return
        }
        let count = counts[place][pathway, default: 0] + 1
        counts[place][pathway] = count
        var location = variant.location
        if count > 1 { location.name += "#\(count)" }
        variants[place].track.locations.append(location)
    }

    private mutating func place(of key: Key, stableID: String, pathway: String) -> Int? {
        if let place = byStableKey[StableKey(key: key, stableID: stableID)] { return place }
        guard !stableID.isEmpty else { return byKey[key] }
        let candidates = byStableID[stableID] ?? []
        let counter = PathwayOfID(stableID: stableID, pathway: pathway)
        var next = taken[counter, default: 0]
        while next < candidates.count, counts[candidates[next]][pathway] != nil { next += 1 }
        taken[counter] = next
        if next < candidates.count { return candidates[next] }
        // One pathway may have identifiers and another none.
        guard let place = byKey[key], variants[place].track.details.stableID.isEmpty else { return nil }
        return place
    }

    /// Puts the locations of a pathway first.
    mutating func prefer(_ pathway: String) {
        for index in variants.indices where variants[index].track.locations.count > 1 {
            let locations = variants[index].track.locations
            let isFirst = { (location: TrackLocation) in
                location.name == pathway || location.name.hasPrefix(pathway + "#")
            }
            guard let first = locations.first, !isFirst(first) else { continue }
            variants[index].track.locations = locations.filter(isFirst) + locations.filter { !isFirst($0) }
        }
    }
}
