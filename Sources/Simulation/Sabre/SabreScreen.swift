import Playback

/// The playhead of Sabre's model: the buffer, what was played of it, and the sums for the totals.
///
/// All times are milliseconds.
struct SabreScreen {
    let movie: SabreMovie
    let utilities: [Double]
    let maximumBuffer: Double
    let rampUpTrack: Int?
    /// The tracks of the segments in the buffer, the one that plays first.
    private(set) var contents: [Int] = []
    /// How much of the first one has been played.
    private(set) var played: Double = 0
    /// The track that the link carries at the moment.
    var sustainable = 0
    private(set) var totals = SabrePlayed()
    private var lastPlayed: Int?
    /// Times at which the link got better, and when the picture did, if it has.
    private var risen: [Rise] = []

    private struct Rise {
        var time: Double
        var track: Int
        var reached: Double?
    }

    init(movie: SabreMovie, options: SabreOptions) {
        self.movie = movie
        maximumBuffer = options.maximumBuffer
        rampUpTrack = options.rampUpTrack
        let offset = 0 - SabreMathematics.logarithm(movie.bitRates[0])
        utilities = movie.bitRates.map { SabreMathematics.logarithm($0) + offset }
    }

    /// The media time ahead of the playhead.
    var level: Double { movie.segmentDuration * Double(contents.count) - played }

    /// Counts time without a picture that is not a rebuffering: the start.
    mutating func start(after time: Double) { totals.playTime += time }

    /// Puts a segment at the buffer's end.
    mutating func append(_ track: Int) { contents.append(track) }

    /// Puts another track in the place of a buffered segment, counted back from the buffer's end.
    ///
    /// - Returns: False when it plays already, and nothing happened.
    mutating func replace(fromEnd distance: Int, with track: Int) -> Bool {
        guard level - movie.segmentDuration * Double(distance) >= 0, distance <= contents.count, distance > 0 else {
            return false
        }
        contents[contents.count - distance] = track
        return true
    }

    /// Lets the playhead move.
    mutating func play(_ time: Double) {
        var time = time
        guard !contents.isEmpty else {
            totals.rebufferTime += time
            totals.playTime += time
            return
        }
        if played > 0 {
            if time + played < movie.segmentDuration {
                played += time
                totals.playTime += time
                return
            }
            time -= movie.segmentDuration - played
            totals.playTime += movie.segmentDuration - played
            contents.removeFirst()
            played = 0
        }
        while time > 0, let track = contents.first {
            show(track)
            if time >= movie.segmentDuration {
                contents.removeFirst()
                totals.playTime += movie.segmentDuration
                time -= movie.segmentDuration
            } else {
                played = time
                totals.playTime += time
                time = 0
            }
        }
        if time > 0 {
            totals.rebufferTime += time
            totals.playTime += time
            totals.rebufferEvents += 1
        }
        settleRises(totals.playTime)
    }

    /// Plays the buffer out.
    mutating func playOut() {
        play(level)
        contents.removeAll()
        played = 0
    }

    private mutating func show(_ track: Int) {
        totals.utility += utilities[track]
        totals.bitRate += movie.bitRates[track]
        if let lastPlayed, track != lastPlayed {
            totals.bitRateChange += abs(movie.bitRates[track] - movie.bitRates[lastPlayed])
            totals.logBitRateChange += abs(
                SabreMathematics.logarithm(movie.bitRates[track] / movie.bitRates[lastPlayed]))
        }
        lastPlayed = track
        if totals.rampUpTime == nil && track >= rampUpTrack ?? sustainable { totals.rampUpTime = totals.playTime }
        for index in risen.indices where risen[index].reached == nil && track >= risen[index].track {
            risen[index].reached = totals.playTime
        }
    }

    /// Takes in that another track is what the link carries.
    mutating func linkChanged(to track: Int, before: Int, at time: Double) {
        settleRises(time)
        for index in risen.indices where risen[index].reached == nil && risen[index].track > track {
            risen[index].reached = time
        }
        guard track > before, contents.allSatisfy({ $0 < track }), risen.allSatisfy({ $0.track < track }) else {
            return
        }
        risen.append(Rise(time: time, track: track))
    }

    /// Adds up the reactions to rises that are older than the buffer.
    private mutating func settleRises(_ now: Double) {
        let oldest = now - maximumBuffer
        while let rise = risen.first, rise.time < oldest {
            risen.removeFirst()
            totals.reactionTime += rise.reached.map { min(maximumBuffer, $0 - rise.time) } ?? maximumBuffer
        }
    }
}

/// What was played, summed up.
package struct SabrePlayed: Sendable, Hashable {
    /// The sum of the segments' utilities.
    package var utility: Double = 0
    /// The sum of their bit rates in kbit/s.
    package var bitRate: Double = 0
    /// Milliseconds from the first request to the end of the last segment.
    package var playTime: Double = 0
    /// Milliseconds with an empty buffer after the start.
    package var rebufferTime: Double = 0
    /// How often the buffer ran out.
    package var rebufferEvents = 0
    /// The sum of the changes of bit rate in kbit/s.
    package var bitRateChange: Double = 0
    /// The sum of the changes of its logarithm.
    package var logBitRateChange: Double = 0
    /// When a segment of the track that the link carries was first shown, in milliseconds; nil never.
    package var rampUpTime: Double?
    /// Milliseconds from rises of the link to rises of the picture.
    package var reactionTime: Double = 0
}
