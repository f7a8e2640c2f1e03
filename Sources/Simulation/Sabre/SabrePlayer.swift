import Playback

/// Sabre's model of a player: one session with one rule over one link and one movie.
///
/// The simulator of Spiteri, Sitaraman and Sparacio (From theory to practice: improving bitrate adaptation in the DASH
/// reference player, MMSys 2018; UMass-LIDS/sabre, commit 09b03bb0), written anew from its behaviour, peculiarities
/// included: docs/ADAPTATION.md lists them. Each request waits one latency and then takes what the link carries; the first
/// segment is of the lowest track; a request is held back while the buffer has no room for its segment; after a segment was
/// given up the rule is asked anew, whatever it wanted instead.
package struct SabrePlayer {
    /// Progress is looked at after so many bits at least.
    private static let progressSize = 12_000.0
    /// And after so many milliseconds at least.
    private static let progressTime = 50.0
    /// So many requests in a row that bring the movie no further end the session.
    private static let patience = 10_000
    /// How many segments ahead a rule sees sizes.
    private static let sight = 8

    private let movie: SabreMovie
    private let options: SabreOptions
    private let ladder: LadderFigures
    private var link: SabreLink
    private var screen: SabreScreen
    private var rule: SabreRule
    private var history: LinkHistory
    private var accuracy = SabreAccuracy()
    private var isStarted = false
    private var next = 1
    private var tracks: [Int]
    private var requests: [SabreRequest] = []
    private var fullWait = 0.0
    private var fruitless = 0

    /// Creates a player.
    ///
    /// - Parameters:
    ///   - movie: The movie.
    ///   - periods: The link, which repeats for ever.
    ///   - rule: The rule, which has seen nothing yet.
    ///   - options: How the session runs.
    /// - Throws: ``SabreInputError`` for a link that no movie can come over, or a buffer without room.
    package init(
        movie: SabreMovie, periods: [SabrePeriod], rule: any AdaptationRule, options: SabreOptions
    ) throws(SabreInputError) {
        try SabrePeriod.check(periods)
        guard options.maximumBuffer > 0, options.maximumBuffer <= 1e9 else {
            throw SabreInputError("the buffer must hold more than 0 s, and no more than a million")
        }
        self.movie = movie
        self.options = options
        ladder = LadderFigures(
            bitRates: movie.bitRates, segmentDuration: movie.segmentDuration, maximumBuffer: options.maximumBuffer)
        link = SabreLink(periods)
        screen = SabreScreen(movie: movie, options: options)
        self.rule = SabreRule(rule, ladder: ladder)
        history = LinkHistory(options.history)
        tracks = Array(repeating: 0, count: movie.segmentSizes.count)
    }

    /// Plays the movie from begin to end.
    ///
    /// - Throws: ``SabreInputError`` when the link is so slow, its periods so short, or the rule so stubborn that there is no
    ///   end in sight.
    package mutating func run() throws(SabreInputError) -> SabreResult {
        takeLinkChanges()
        fetchFirst()
        while next < movie.segmentSizes.count && !link.isExhausted && fruitless < Self.patience { step() }
        guard !link.isExhausted else {
            throw SabreInputError(
                "the movie had not ended after five million periods of the network; its periods are too short or its bandwidth too low"
            )
        }
        guard fruitless < Self.patience else {
            throw SabreInputError(
                "segment \(next) was given up \(Self.patience) times in a row: the model asks a rule anew after it gave a segment up, without a new measurement, so that some rules never get on; -noa helps"
            )
        }
        screen.playOut()
        return SabreResult(
            movie: movie, options: options, played: screen.totals, accuracy: accuracy, tracks: tracks,
            requests: requests)
    }

    private mutating func fetchFirst() {
        let size = movie.segmentSizes[0][0]
        let wait = link.waitForFirstByte()
        let time = wait + link.carry(size)
        takeLinkChanges()
        let download = DownloadFigures(track: 0, received: size, time: time, firstByte: wait)
        screen.append(0)
        measure(download, begun: 0)
        screen.start(after: time)
        rule.hasBegun()
        record(0, download, size: size, begun: 0, level: 0, abrWait: 0)
    }

    /// One request, and the waits before it.
    private mutating func step() {
        waitForRoom()
        fruitless += 1
        let figures = DecisionFigures(
            ladder: ladder, buffer: screen.level, segmentIndex: next, segmentsLeft: movie.segmentSizes.count - next,
            sizes: Array(movie.segmentSizes[next...].prefix(Self.sight)))
        var (track, wait) = rule.decide(figures, at: link.now)
        let replaced = replacement(for: track)
        if replaced != nil { wait = 0 }
        let segment = next - (replaced ?? 0)
        if wait > 0 { pass(wait) }
        let size = movie.segmentSizes[segment][track]
        let level = screen.level
        let begun = link.now
        var download = fetch(size, track: track, level: level, replaced: replaced)
        download.isReplacement = replaced != nil
        takeLinkChanges()
        screen.play(download.time)
        if download.abandonedTo == nil { store(track, segment: segment, replaced: replaced) }
        rule.ended(download, buffer: screen.level)
        accuracy.add(
            estimate: history.throughput ?? 0, actual: download.received / (download.time - download.firstByte))
        if download.abandonedTo == nil { measure(download, begun: begun) }
        record(segment, download, size: size, begun: begun, level: level, abrWait: max(0, wait))
    }

    /// Holds the request back until the buffer has room for its segment.
    private mutating func waitForRoom() {
        fullWait = screen.level + movie.segmentDuration - options.maximumBuffer
        guard fullWait > 0 else { return }
        pass(fullWait)
        rule.idled(fullWait)
    }

    /// Lets time pass without a transfer.
    private mutating func pass(_ time: Double) {
        screen.play(time)
        link.wait(time)
        takeLinkChanges()
    }

    /// How far from the buffer's end the segment lies that is to be fetched anew.
    private func replacement(for track: Int) -> Int? {
        let contents = screen.contents
        let skipped = Int((1.5 + screen.played / movie.segmentDuration).rounded(.up))
        guard skipped < contents.count else { return nil }
        let candidates = contents.indices[skipped...]
        let index: Int? =
            switch options.replacement {
            case .none: nil
            case .left: candidates.first { contents[$0] < track }
            case .right: candidates.last { contents[$0] < track }
            }
        return index.map { contents.count - $0 }
    }

    private mutating func store(_ track: Int, segment: Int, replaced: Int?) {
        if let replaced {
            if screen.replace(fromEnd: replaced, with: track) { tracks[segment] = track }
        } else {
            screen.append(track)
            tracks[segment] = track
            next += 1
            fruitless = 0
        }
    }

    /// Fetches a segment, and asks on the way whether to go on.
    private mutating func fetch(_ size: Double, track: Int, level: Double, replaced: Int?) -> DownloadFigures {
        let wait = link.waitForFirstByte()
        var download = DownloadFigures(track: track, received: 0, time: wait, firstByte: wait)
        guard options.allowsAbandoning else {
            download.time = wait + link.carry(size)
            download.received = size
            return download
        }
        var leastTime = Self.progressTime - wait
        while download.received < size && download.abandonedTo == nil && !link.isExhausted {
            let part = link.carry(size - download.received, least: Self.progressSize, leastTime: leastTime)
            download.time += part.time
            download.received += part.bits
            leastTime = Self.progressTime
            guard download.received < size else { break }
            let buffer = max(0, level - download.time)
            if let replaced {
                // Nothing lower is fetched instead of a replacement: any number will do.
                if buffer - movie.segmentDuration * Double(replaced) <= 0 { download.abandonedTo = -1 }
            } else if rule.canGiveUp {
                let progress = ProgressFigures(
                    track: track, size: size, received: download.received, time: download.time, firstByte: wait)
                download.abandonedTo = rule.gives(up: progress, buffer: buffer, at: link.now)
            }
        }
        return download
    }

    private mutating func measure(_ download: DownloadFigures, begun: Double) {
        rule.measured(download, begun: begun)
        history.add(
            bits: download.received, time: download.time - download.firstByte, wait: download.firstByte,
            segmentDuration: movie.segmentDuration)
    }

    /// Takes in which track the link carries since periods began.
    private mutating func takeLinkChanges() {
        for (time, period) in link.takeBegun() {
            let effective = period.bandwidth * (1 - period.latency / movie.segmentDuration)
            let higher = movie.bitRates.indices.dropFirst().first { movie.bitRates[$0] > effective }
            let track = (higher ?? movie.bitRates.count) - 1
            let before = screen.sustainable
            screen.sustainable = track
            if isStarted && track != before { screen.linkChanged(to: track, before: before, at: time) }
            isStarted = true
        }
    }

    private mutating func record(
        _ segment: Int, _ download: DownloadFigures, size: Double, begun: Double, level: Double, abrWait: Double
    ) {
        requests.append(
            SabreRequest(
                segment: segment, download: download, size: size, begun: begun, levelBefore: level,
                levelAfter: screen.level, fullWait: max(0, fullWait), ruleWait: abrWait))
    }
}

/// How near the estimated throughput came to what the segments measured.
package struct SabreAccuracy: Sendable, Hashable {
    /// How often the estimate was too high, and by how much on average in kbit/s.
    package private(set) var over = (count: 0, mean: 0.0)
    /// How often it was right or too low, and by how much on average.
    package private(set) var notOver = (count: 0, mean: 0.0)
    /// The mean of estimate less measurement.
    package private(set) var mean = 0.0

    mutating func add(estimate: Double, actual: Double) {
        if estimate > actual {
            over.count += 1
            over.mean += (estimate - actual - over.mean) / Double(over.count)
        } else {
            notOver.count += 1
            notOver.mean += (actual - estimate - notOver.mean) / Double(notOver.count)
        }
        mean += (estimate - actual - mean) / Double(over.count + notOver.count)
    }

    package static func == (left: SabreAccuracy, right: SabreAccuracy) -> Bool {
        left.over == right.over && left.notOver == right.notOver && left.mean == right.mean
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(mean) }
}
