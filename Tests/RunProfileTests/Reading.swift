import RunProfile

/// The problems of a profile as sentences; empty when it can be read.
func problems(_ text: String, viewers: Int? = nil) -> [String] {
    do throws(ProfileError) {
        _ = try ProfileReader.read(text, file: "p.yaml", viewers: viewers)
        return []
    } catch {
        return error.problems.map(\.sentence)
    }
}

/// A profile that can be read, and whatever is added to it.
func minimal(_ addition: String = "") -> String {
    """
    name: a
    streams: {main: "http://127.0.0.1:8080/vod/a/master.m3u8"}
    audience: {viewers: 2}

    """ + addition
}
