import Manifests
import Quantities

/// Makes a report of what was read.
package struct ReportBuilder {
    /// The most segments of a report, and of one list in it: a template can stand for more than any memory holds.
    package struct Limits: Sendable, Hashable {
        /// In the whole report; default one million.
        package var total: Int
        /// In one list, of which the last are kept; default one million.
        package var perList: Int
        /// Where given, so many at the begin and at the end of each list, and nothing is said of those between.
        package var ends: Int?

        /// Creates limits.
        package init(total: Int = 1_000_000, perList: Int = 1_000_000, ends: Int? = nil) {
            self.total = total
            self.perList = perList
            self.ends = ends
        }
    }

    let documents: InspectedDocuments
    let tool: String
    let limits: Limits
    /// The segments that may still be added.
    var budget: Int
    /// The hosts that were judged, so that each is named once.
    var judged: Set<String> = []
    var findings: [ReportFinding]

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - documents: What was read.
    ///   - tool: The program's name and version.
    ///   - limits: How many segments to list at most.
    /// - Returns: The report, its findings sorted.
    package static func report(
        _ documents: InspectedDocuments, tool: String, limits: Limits = Limits()
    ) -> InspectionReport {
        var builder = ReportBuilder(documents, tool: tool, limits: limits)
        return builder.build()
    }

    private init(_ documents: InspectedDocuments, tool: String, limits: Limits) {
        self.documents = documents
        self.tool = tool
        self.limits = limits
        budget = limits.total
        findings = documents.findings
    }

    private mutating func build() -> InspectionReport {
        var report: InspectionReport
        switch documents.manifest {
        case .presentation(let presentation):
            report = base(presentation.format, presentation.format == .hls ? .multivariant : .mpd)
            describe(presentation, in: &report)
        case .mediaPlaylist(let playlist):
            report = base(.hls, .media)
            report.version = playlist.extras.version
            report.hasIndependentSegments = playlist.extras.hasIndependentSegments
            report.startOffset = playlist.startOffset.map(ReportStartOffset.init)
            let entry = InspectedDocuments.Playlist(
                requestedURI: documents.uri, uri: documents.uri, playlist: playlist)
            describe([entry], in: &report)
        }
        report.findings = Self.sorted(findings)
        return report
    }

    /// A report with what is known of every document.
    private func base(_ format: ManifestFormat, _ type: InspectionReport.DocumentType) -> InspectionReport {
        InspectionReport(
            tool: tool, source: documents.source, uri: given(documents.uri),
            inspectedAt: Timestamp(documents.inspectedAt), manifestFormat: format, documentType: type,
            presentationType: .unknown, isLowLatency: false, isEncrypted: false, hasIndependentSegments: false,
            variables: [], sessionData: [], sessionKeys: [], periods: [], playlists: [], findings: [],
            transfers: documents.transfers)
    }

    /// The worst first; within a severity in the order in which they were found.
    package static func sorted(_ findings: [ReportFinding]) -> [ReportFinding] {
        func rank(_ severity: Finding.Severity) -> Int {
            switch severity {
            case .error: 0
            case .warning: 1
            case .information: 2
            }
        }
        return findings.enumerated().sorted { left, right in
            (rank(left.element.severity), left.offset) < (rank(right.element.severity), right.offset)
        }.map(\.element)
    }

    mutating func add(_ new: [Finding], at uri: String) {
        findings += new.map { ReportFinding($0, uri: given(uri)) }
    }
}

/// A reference resolved against a base; as written where there is no base.
func resolved(_ reference: String, _ base: String) -> String {
    base.isEmpty ? reference : URIReference.resolve(reference, against: base)
}

/// A text, or nil where it is empty.
func given(_ text: String) -> String? { text.isEmpty ? nil : text }

/// A number, or nil where it is zero.
func given(_ number: Int) -> Int? { number == 0 ? nil : number }

/// Whole bits per second, or nil for none.
func given(_ rate: BitRate?) -> Int64? {
    guard let rate, rate > .zero else { return nil }
    return Int64(clampingRounded: rate.bitsPerSecond)
}

extension ReportStartOffset {
    init(_ offset: StartOffset) {
        self.init(offset: Seconds(offset.offset), isPrecise: offset.isPrecise)
    }
}

extension ReportKey {
    init(_ key: EncryptionKey, base: String) {
        self.init(
            method: key.method, uri: given(key.uri).map { resolved($0, base) }, format: key.keyFormat,
            versions: given(key.keyFormatVersions), iv: key.initializationVector)
    }
}

extension ReportInitialization {
    init(_ section: InitializationSection, base: String) {
        self.init(uri: resolved(section.uri, base), range: section.byteRange.map(ReportByteRange.init))
    }
}
