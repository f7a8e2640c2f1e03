import Quantities
import Testing

@testable import Manifests

extension Presentation {
    /// Everything that it says, and the segments of every list with an end, as text to compare.
    var description: String {
        var lines = ["\(isDynamic) \(duration as Any) \(minimumBufferTime as Any) \(steering as Any)"]
        lines += ["\(dynamicTiming as Any)", "\(details)"]
        for period in periods {
            lines.append("\(period.id) \(period.start) \(period.duration as Any) \(period.eventStreams)")
            for var set in period.switchingSets {
                let tracks = set.tracks
                set.tracks = []
                lines.append("\(set)")
                for track in tracks {
                    lines.append("\(track.id) \(track.bitRate) \(track.codecs) \(track.locations) \(track.details)")
                    lines.append("\(track.media.list?.all as Any) \(track.media.indexed as Any)")
                }
            }
        }
        return lines.joined(separator: "\n")
    }
}

/// An MPD that can be patched, with two periods.
private let base = """
    <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" id="m" type="dynamic" profiles="p" minBufferTime="PT2S"
      availabilityStartTime="2026-01-01T00:00:00Z" publishTime="2026-01-01T00:00:10Z">
    <BaseURL>a/</BaseURL><PatchLocation>patch</PatchLocation>
    <Period id="1" start="PT0S"><AdaptationSet id="v" mimeType="video/mp4" codecs="avc1"><SegmentTemplate media="$Time$">
    <SegmentTimeline><S t="0" d="2"/><S d="3"/><S d="2"/></SegmentTimeline></SegmentTemplate>
    <Representation id="r" bandwidth="9"/><Representation id="s" bandwidth="8"/></AdaptationSet></Period>
    <Period id="2" start="PT100S"><AdaptationSet id="v" mimeType="video/mp4" codecs="avc1">
    <SegmentTemplate media="$Number$" duration="2"/><Representation id="r" bandwidth="9"/></AdaptationSet></Period>
    </MPD>
    """

private let timeline = "/MPD/Period[@id='1']/AdaptationSet[1]/SegmentTemplate/SegmentTimeline"

/// A patch of that MPD.
private func patch(
    _ operations: String, id: String = "m", from: String = "2026-01-01T00:00:10Z", to: String = "2026-01-01T00:00:12Z"
) -> [UInt8] {
    Array(
        """
        <Patch xmlns="urn:mpeg:dash:schema:mpd-patch:2020" mpdId="\(id)" originalPublishTime="\(from)" \
        publishTime="\(to)">\(operations)</Patch>
        """.utf8)
}

/// What comes of a patch.
private func patched(
    _ bytes: [UInt8], _ document: String = base, limits: DecodingLimits = .standard
) throws(ManifestError) -> Presentation {
    let held = try ManifestDecoder.decode(Array(document.utf8))
    guard case .presentation(let result) = try ManifestDecoder.update(bytes, of: held, limits: limits) else {
        throw .notAManifest(found: "a playlist")
    }
    return result
}

@Suite("MPD patches") struct DASHPatchTests {
    /// Where the segments of the first track begin, in seconds.
    private func starts(_ presentation: Presentation) throws -> [Double] {
        try #require(presentation.periods[0].switchingSets[0].tracks[0].media.list).all.map(\.start.seconds)
    }

    @Test("a patched MPD is what the whole MPD of that version decodes to")
    func equalsWhole() throws {
        let held = try ManifestDecoder.decode(try Fixture.bytes("dynamic.patch-base.mpd"))
        let bytes = try Fixture.bytes("dynamic.patch.mpp")
        guard case .presentation(let result) = try ManifestDecoder.update(bytes, of: held) else { throw WrongKind() }
        let whole = try presentation(Fixture.bytes("dynamic.patched.mpd"))
        #expect(result.description == whole.description)
        #expect(whole.findings.map(\.id) == [] && result.findings == [])
        #expect(result.dynamicTiming?.patchLocations.first?.timeToLive == .seconds(60.0))
        guard case .presentation(let before) = held else { throw WrongKind() }
        #expect(before.description != whole.description)
    }

    @Test("a whole MPD that comes where a patch was asked for is taken as it is")
    func wholeInstead() throws {
        let held = try ManifestDecoder.decode(try Fixture.bytes("dynamic.patch-base.mpd"))
        guard
            case .presentation(let result) = try ManifestDecoder.update(
                try Fixture.bytes("dynamic.patched.mpd"), of: held)
        else { throw WrongKind() }
        #expect(result.details.id == "channel-7" && result.patchBase != nil)
    }

    @Test(
        "operations",
        arguments: [
            ("<remove sel=\"\(timeline)/S[1]\"/>", [0.0, 3]),
            ("<remove sel=\"\(timeline)/S[@d='3']\"/>", [0, 2]),
            ("<remove sel=\"\(timeline)/S[last()]\"/>", [0, 2]),
            ("<remove sel=\"\(timeline)/S[@d='2'][2]\"/>", [0, 2]),
            ("<remove sel=\"\(timeline)/*[2]\"/>", [0, 2]),
            ("<add sel=\"\(timeline)\"><S d='9'/><S d='1'/></add>", [0, 2, 5, 7, 16]),
            ("<add sel=\"\(timeline)\" pos=\"prepend\"><S t='-4' d='4'/></add>", [0, 2, 5]),
            ("<add sel=\"\(timeline)/S[2]\" pos=\"before\"><S d='7'/></add>", [0, 2, 9, 12]),
            ("<add sel=\"\(timeline)/S[2]\" pos=\"after\"><S d='7'/></add>", [0, 2, 5, 12]),
            ("<add sel=\"\(timeline)/S[2]\" type=\"@r\">2</add>", [0, 2, 5, 8, 11]),
            ("<replace sel=\"\(timeline)/S[2]\"><S d='5'/></replace>", [0, 2, 7]),
            ("<replace sel=\"\(timeline)/S[2]/@d\">6</replace>", [0, 2, 8]),
            ("<remove sel=\"\(timeline)/S[1]/@t\"/>", [0, 2, 5]),
            ("<remove sel=\"\(timeline)/S[1]\" ws=\"both\"/><remove sel=\"\(timeline)/S[1]\"/>", [0]),
        ])
    func operations(operation: String, expected: [Double]) throws {
        // An S with a negative time is an error that takes the Representation away.
        if operation.contains("-4") {
            #expect(try patched(patch(operation)).periods.map(\.id) == ["2"])
            return
        }
        let result = try patched(patch(operation))
        #expect(try starts(result) == expected)
        #expect(result.dynamicTiming?.publishTime == WallTime.seconds(1_767_225_612))
    }

    @Test("prefixes, doubled quotes, conditions on children and on text")
    func selectors() throws {
        let prefixed = """
            <p:Patch xmlns:p="urn:mpeg:dash:schema:mpd-patch:2020" xmlns:d="urn:mpeg:dash:schema:mpd:2011" mpdId="m" \
            originalPublishTime="2026-01-01T00:00:10.000Z"><p:replace sel="/d:MPD/d:BaseURL[.='a/']/text()">b/</p:replace>\
            <p:add sel='/d:MPD/d:Period[ @id = "1" ]/d:AdaptationSet'><d:Label>new</d:Label></p:add>\
            <p:remove sel="/MPD/Period[@id='2']"/><p:remove sel="/MPD[PatchLocation='patch']/PatchLocation"/></p:Patch>
            """
        let result = try patched(Array(prefixed.utf8))
        #expect(result.periods.count == 1 && result.periods[0].switchingSets[0].tracks[0].bases == ["b/"])
        #expect(result.periods[0].switchingSets[0].tracks[0].details.name == "new")
        #expect(result.patchBase == nil)
    }

    @Test("a patch of a patched MPD")
    func again() throws {
        let first = try patched(patch("<remove sel=\"\(timeline)/S[1]\"/>"))
        let operation = "<add sel=\"\(timeline)\"><S d='9'/></add>"
        let later = patch(operation, from: "2026-01-01T00:00:12Z", to: "2026-01-01T00:00:14Z")
        guard case .presentation(let second) = try ManifestDecoder.update(later, of: .presentation(first)) else {
            throw WrongKind()
        }
        #expect(try starts(second) == [0, 3, 5] && starts(first) == [0, 3])
        // The same patch does not fit a second time.
        #expect(throws: ManifestError.self) { try ManifestDecoder.update(later, of: .presentation(second)) }
    }

    @Test(
        "selectors that lead nowhere, or in a way that is not known",
        arguments: [
            "<remove sel=\"/MPD/Period[3]\"/>", "<remove sel=\"/MPD/Period[@id='3']\"/>",
            "<remove sel=\"/MPD/Period\"/>", "<remove sel=\"/mpd/Period[1]\"/>",
            "<replace sel=\"/MPD/@mediaPresentationDuration\">PT1S</replace>",
            "<remove sel=\"//Period[1]\"/>", "<remove sel=\"id('x')\"/>",
            "<remove sel=\"/MPD/Period[\"/>", "<remove sel=\"/MPD/Period[@id='1'\"/>",
            "<remove sel=\"/MPD/Period[@id=1]\"/>", "<remove sel=\"/MPD/Period[0]\"/>",
            "<remove sel=\"/MPD/descendant::S\"/>", "<remove sel=\"/\"/>",
            "<remove sel=\"/MPD/@id/Period\"/>", "<remove sel=\"/MPD\(String(repeating: "/a", count: 64))\"/>",
        ])
    func doesNotFit(operation: String) {
        #expect { try patched(patch(operation)) } throws: { error in
            if case .outOfDate? = error as? ManifestError { true } else { false }
        }
    }

    @Test("patches for another MPD, from another version, to an older one")
    func otherVersions() {
        for bytes in [
            patch("", id: "other"), patch("", from: "2026-01-01T00:00:09Z"), patch("", to: "2026-01-01T00:00:09Z"),
        ] {
            #expect { try patched(bytes) } throws: { error in
                if case .outOfDate? = error as? ManifestError { true } else { false }
            }
        }
    }

    @Test(
        "patches that break the rules",
        arguments: [
            "<remove/>", "<move sel='/MPD'/>", "<remove sel='/MPD'/>", "<replace sel='/MPD'><MPD/></replace>",
            "<add sel='/MPD' pos='after'><a/></add>", "<add sel='/MPD' pos='middle'><a/></add>",
            "<add sel='/MPD/@id'>x</add>", "<replace sel='/MPD/BaseURL'/>",
            "<replace sel='/MPD/BaseURL'><a/><b/></replace>",
            "<remove sel='/MPD/Period[1]'/><remove sel='/MPD/Period[1]'/>",
        ])
    func malformed(operations: String) {
        #expect { try patched(patch(operations)) } throws: { error in
            if case .malformed? = error as? ManifestError { true } else { false }
        }
    }

    @Test("a patch needs an MPD that names a place for patches, and its own head")
    func noBase() throws {
        let plain = base.replacing("<PatchLocation>patch</PatchLocation>", with: "")
        #expect(throws: ManifestError.outOfDate(detail: "the MPD that is held names no place for patches")) {
            try patched(patch(""), plain)
        }
        #expect(throws: ManifestError.self) { try patched(Array("<Patch/>".utf8)) }
        #expect(throws: ManifestError.notAManifest(found: "an MPD patch")) { try ManifestDecoder.decode(patch("")) }
    }

    @Test("patches that build a larger or deeper MPD again and again are refused")
    func growth() throws {
        let limits = DecodingLimits(elements: 40)
        var held = DecodedManifest.presentation(try patched(patch(""), limits: limits))
        let more = "<add sel='/MPD'>\(String(repeating: "<a/>", count: 10))</add>"
        var accepted = 0
        for _ in 0..<5 {
            let bytes = patch(more, from: "2026-01-01T00:00:12Z")
            guard let next = try? ManifestDecoder.update(bytes, of: held, limits: limits) else { break }
            held = next
            accepted += 1
        }
        #expect(accepted == 2)
        let deep = (2..<62).map { "<add sel='/MPD\(String(repeating: "/a", count: $0 - 2))'><a/></add>" }.joined()
        #expect(try patched(patch(deep)).periods.count == 2)
        let deeper =
            deep + "<add sel='/MPD\(String(repeating: "/a", count: 60))'><a><a><a><a><a/></a></a></a></a></add>"
        #expect(throws: ManifestError.tooLarge(detail: "with the patch the MPD's elements are nested deeper than 64")) {
            try patched(patch(deeper))
        }
        let text = "<add sel='/MPD/BaseURL'>\(String(repeating: "x", count: 3_000))</add>"
        #expect(throws: ManifestError.self) { try patched(patch(text), limits: DecodingLimits(bytes: 3_400)) }
    }

    @Test("looking through a long list again and again ends")
    func budget() throws {
        let many = String(repeating: "<a/>", count: 60_000)
        let document = base.replacing("<BaseURL>a/</BaseURL>", with: many)
        let repeated = String(repeating: "<add sel='/MPD/Period[2]' type='@q'>1</add>", count: 2_000)
        #expect(throws: ManifestError.tooLarge(detail: "the MPD patch looks through too many elements")) {
            try patched(patch(repeated), document)
        }
    }

    @Test("patches with bytes changed never crash", arguments: 0..<8)
    func mutations(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let held = try ManifestDecoder.decode(try Fixture.bytes("dynamic.patch-base.mpd"))
        let original = try Fixture.bytes("dynamic.patch.mpp")
        let tokens = [
            "[", "]", "'", "/", "@", "[1]", "[last()]", "<S t='9' d='1' r='-1'/>", "99999999999999999999", "*",
        ]
        for _ in 0..<200 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 190..<bytes.count, using: &generator)
                let end = min(bytes.count, place + Int.random(in: 0...12, using: &generator))
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes.replaceSubrange(place..<end, with: [])
                case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
                case 2:
                    bytes.replaceSubrange(
                        place..<place, with: Array((tokens.randomElement(using: &generator) ?? "").utf8))
                default: bytes[place] = UInt8.random(in: 0x20..<0x7F, using: &generator)
                }
            }
            guard case .presentation(let result)? = try? ManifestDecoder.update(bytes, of: held) else { continue }
            #expect(!result.periods.isEmpty)
            for set in result.periods[0].switchingSets { _ = set.tracks[0].media.list?.segment(at: .seconds(1)) }
        }
    }
}
