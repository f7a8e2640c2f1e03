import Quantities
import Testing

@testable import Manifests

@Suite("Steering manifests and asset lists") struct SteeringTests {
    private func steeringError(_ text: String) -> ManifestError? {
        do {
            _ = try SteeringDecoder.decode(Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    private func assetListError(_ text: String) -> ManifestError? {
        do {
            _ = try AssetListDecoder.decode(Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test("an answer with clones, value by value")
    func full() throws {
        let text = """
            {"VERSION": 1, "TTL": 120.5, "RELOAD-URI": "steer?session=1", "PATHWAY-PRIORITY": ["B", "A", "B"],
             "PATHWAY-CLONES": [{"BASE-ID": "A", "ID": "C", "URI-REPLACEMENT": {
                "HOST": "c.example.com:8443", "PARAMS": {"z": "1", "a b": "ü", "Z": ""},
                "PER-VARIANT-URIS": {"v1": "https://c.example.com/v1.m3u8"},
                "PER-RENDITION-URIS": {"r1": "https://c.example.com/r1.m3u8"}}},
                {"BASE-ID": "A", "ID": "D"}], "UNKNOWN": [{}]}
            """
        let manifest = try SteeringDecoder.decode(Array(text.utf8))
        #expect(manifest.timeToLive == .milliseconds(120_500) && manifest.reloadURI == "steer?session=1")
        #expect(manifest.priority == ["B", "A"])
        let clone = try #require(manifest.clones.first)
        #expect(clone.base == "A" && clone.name == "C" && clone.host == "c.example.com:8443")
        #expect(clone.parameters.map(\.name) == ["Z", "a b", "z"] && clone.parameters.map(\.value) == ["", "ü", "1"])
        #expect(clone.variantURIs == ["v1": "https://c.example.com/v1.m3u8"])
        #expect(clone.renditionURIs == ["r1": "https://c.example.com/r1.m3u8"])
        #expect(manifest.clones.last == SteeringManifest.Clone(base: "A", name: "D"))
    }

    @Test(
        "TTL has a default and bounds",
        arguments: [
            ("", 300.0), ("\"TTL\": 0,", 1), ("\"TTL\": -5,", 300), ("\"TTL\": 1e300,", 86_400), ("\"TTL\": 10,", 10),
        ])
    func timeToLive(member: String, seconds: Double) throws {
        let text = "{\"VERSION\": 1, \(member) \"SERVICE-LOCATION-PRIORITY\": [\"x\"]}"
        let manifest = try SteeringDecoder.decode(Array(text.utf8))
        #expect(manifest.timeToLive == .seconds(seconds) && manifest.priority == ["x"])
    }

    @Test(
        "what is no steering manifest is refused",
        arguments: [
            "", "{", "[]", "null", "{}", "{\"VERSION\": 1}", "{\"VERSION\": 2, \"PATHWAY-PRIORITY\": [\"A\"]}",
            "{\"VERSION\": 1, \"PATHWAY-PRIORITY\": []}", "{\"VERSION\": 1, \"PATHWAY-PRIORITY\": \"A\"}",
            "{\"VERSION\": 1, \"PATHWAY-PRIORITY\": [1]}", "{\"VERSION\": 1, \"PATHWAY-PRIORITY\": [\"A\"]",
            "{\"VERSION\": 1, \"TTL\": \"soon\", \"PATHWAY-PRIORITY\": [\"A\"]}",
            "{\"VERSION\": 1, \"PATHWAY-PRIORITY\": [\"A\"], \"PATHWAY-CLONES\": [{\"ID\": \"B\"}]}",
            "{\"VERSION\": 1, \"PATHWAY-PRIORITY\": [\"A\"], \"PATHWAY-CLONES\": [{\"ID\": \"\", \"BASE-ID\": \"A\"}]}",
            "{\"VERSION\": 1e999, \"PATHWAY-PRIORITY\": [\"A\"]}", "<html>", "{\"VERSION\": 1, \"TTL\": 1e999}",
        ])
    func malformed(text: String) {
        guard case .malformed(nil, let detail)? = steeringError(text) else {
            Issue.record("not refused: \(text)")
            return
        }
        #expect(!detail.isEmpty)
    }

    @Test("size, depth and number of entries are bounded")
    func bounds() {
        let documents = [
            String(repeating: " ", count: (1 << 20) + 1), String(repeating: "[", count: 60_000),
            String(repeating: "{\"a\":", count: 10_000),
        ]
        for document in documents {
            for found in [steeringError(document), assetListError(document)] {
                guard case .tooLarge? = found else {
                    Issue.record("not refused: \(document.prefix(10))")
                    continue
                }
            }
        }
        let names = (0..<1_001).map { "\"\($0)\"" }.joined(separator: ",")
        #expect(
            steeringError("{\"VERSION\":1,\"PATHWAY-PRIORITY\":[\(names)]}")
                == .tooLarge(detail: "the steering manifest has more than 1000 entries"))
        let assets = String(repeating: "{\"URI\":\"a\",\"DURATION\":1},", count: 1_000) + "{\"URI\":\"a\"}"
        #expect(
            assetListError("{\"ASSETS\":[\(assets)]}")
                == .tooLarge(detail: "the asset list has 1001 assets, more than 1000"))
    }

    @Test("brackets in strings do not count as depth")
    func bracketsInStrings() throws {
        let name = String(repeating: "[{\\\"", count: 100)
        let manifest = try SteeringDecoder.decode(Array("{\"VERSION\":1,\"PATHWAY-PRIORITY\":[\"\(name)\"]}".utf8))
        #expect(manifest.priority.first?.utf8.count == 300)
    }

    @Test("an asset list, value by value")
    func assets() throws {
        let text = """
            {"ASSETS": [{"URI": "https://ads.example.com/1.m3u8", "DURATION": 15.015}, {"URI": "2.m3u8"}],
             "SKIP-CONTROL": {"OFFSET": 5}}
            """
        let list = try AssetListDecoder.decode(Array(text.utf8))
        #expect(list.assets.map(\.uri) == ["https://ads.example.com/1.m3u8", "2.m3u8"])
        #expect(list.assets.map(\.duration) == [.milliseconds(15_015), .zero])
        #expect(try AssetListDecoder.decode(Array("{\"ASSETS\": []}".utf8)).assets == [])
    }

    @Test(
        "what is no asset list is refused",
        arguments: [
            "", "{}", "{\"ASSETS\": 1}", "{\"ASSETS\": [{\"DURATION\": 1}]}", "{\"ASSETS\": [{\"URI\": \"\"}]}",
            "{\"ASSETS\": [{\"URI\": \"a\", \"DURATION\": -1}]}",
            "{\"ASSETS\": [{\"URI\": \"a\", \"DURATION\": \"1\"}]}",
        ])
    func malformedAssets(text: String) {
        guard case .malformed? = assetListError(text) else {
            Issue.record("not refused: \(text)")
            return
        }
    }

    @Test("random JSON never crashes and always ends")
    func random() {
        var generator = SeededGenerator(seed: 3)
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"VERSION\"", "1", "\"PATHWAY-PRIORITY\"", "\"A\"", "1e400", "-0", "null",
            "\"ASSETS\"", "\"URI\"", "\\", "\"", "\u{0}", "\"\\ud800\"", "9999999999999999999999",
        ]
        for _ in 0..<2_000 {
            let count = Int.random(in: 0..<30, using: &generator)
            let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            _ = try? SteeringDecoder.decode(Array(text.utf8))
            _ = try? AssetListDecoder.decode(Array(text.utf8))
        }
        for _ in 0..<500 {
            let bytes = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
            _ = try? SteeringDecoder.decode(Array("{\"VERSION\":1,".utf8) + bytes)
        }
    }
}
