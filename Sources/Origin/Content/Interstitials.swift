import Quantities

/// The interstitials of a programme (draft-pantos-hls-rfc8216bis appendix D): one asset by URI in even breaks, a list of
/// two in odd ones.
struct Interstitials {
    let content: SyntheticContent
    let deployment: Deployment

    private var duration: TimeAmount { content.grid(of: Self.asset).total ?? .zero }
    private static let asset = AssetKind(folder: "asset") ?? .onDemand

    private func uri(_ name: String) -> String { (deployment.ownURL ?? "") + "/asset/\(name)/master.m3u8" }

    /// The EXT-X-DATERANGE of a numbered break that begins at a date.
    func tag(_ number: Int64, begins date: WallTime) -> String {
        var text = "#EXT-X-DATERANGE:ID=\"break-\(number)\",CLASS=\"com.apple.hls.interstitial\","
        text += "START-DATE=\"\(TimeText.iso8601(date))\","
        if number % 2 == 0 {
            text +=
                "DURATION=\(TimeText.decimal(duration.seconds, places: 3)),X-ASSET-URI=\"\(uri("break-\(number)"))\","
            return text + "X-RESUME-OFFSET=0,X-RESTRICT=\"SKIP,JUMP\"\n"
        }
        let both = duration * 2
        text += "DURATION=\(TimeText.decimal(both.seconds, places: 3)),X-ASSET-LIST=\"../assets/\(number).json\","
        let limit = TimeText.decimal((both - .seconds(1.0)).seconds, places: 3)
        return text + "X-RESUME-OFFSET=\(TimeText.decimal(both.seconds, places: 3)),X-PLAYOUT-LIMIT=\(limit),"
            + "X-SNAP=\"OUT,IN\"\n"
    }

    /// The asset list of a numbered break.
    func list(_ number: Int64) -> String {
        let seconds = TimeText.decimal(duration.seconds, places: 3)
        let assets = ["first", "second"].map { "{\"URI\":\"\(uri("\($0)-\(number)"))\",\"DURATION\":\(seconds)}" }
        return "{\"ASSETS\":[\(assets.joined(separator: ","))]}\n"
    }
}
