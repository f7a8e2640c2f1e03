extension SegmentQuery {
    package func applied(to uri: String, manifestURI: String) -> String { uri }
}
