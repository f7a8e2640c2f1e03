import Quantities

/// Boxes of the ISO base media file format (ISO/IEC 14496-12), written from the outside in.
struct BoxWriter {
    private(set) var bytes: [UInt8] = []

    /// Appends a box of a four-character type around what the closure writes.
    mutating func box(_ type: StaticString, _ content: (inout BoxWriter) -> Void) {
        let start = bytes.count
        put(UInt32(0))
        type.withUTF8Buffer { bytes.append(contentsOf: $0) }
        content(&self)
        let size = UInt32(bytes.count - start)
        for offset in 0..<4 { bytes[start + offset] = UInt8(truncatingIfNeeded: size >> UInt32(24 - 8 * offset)) }
    }

    /// Appends a box with version and flags.
    mutating func fullBox(
        _ type: StaticString, version: UInt8 = 0, flags: UInt32 = 0, _ content: (inout BoxWriter) -> Void
    ) {
        box(type) { box in
            box.put(UInt32(version) << 24 | flags)
            content(&box)
        }
    }

    /// Appends an integer, most significant byte first.
    mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends bytes.
    mutating func put(_ value: [UInt8]) { bytes += value }

    /// Appends text without a length or an end.
    mutating func put(_ value: StaticString) { value.withUTF8Buffer { bytes.append(contentsOf: $0) } }

    /// Appends so many zero bytes.
    mutating func zeroes(_ count: Int) { bytes.append(contentsOf: repeatElement(0, count: count)) }
}

/// What the samples of a track are.
enum SampleEntry {
    /// AVC with its decoder configuration record.
    case video(width: Int, height: Int, configuration: [UInt8])
    /// AAC low complexity, 48 kHz, two channels.
    case audio(rate: BitRate)
}

/// The initialization segment: `ftyp` and `moov` of one track.
enum InitializationSegment {
    static func bytes(_ entry: SampleEntry, timescale: UInt32) -> [UInt8] {
        var writer = BoxWriter()
        writer.box("ftyp") { box in
            box.put("iso6")
            box.put(UInt32(0))
            for brand: StaticString in ["iso6", "cmfc", "mp41"] { box.put(brand) }
        }
        writer.box("moov") { moov in
            movieHeader(&moov)
            moov.box("trak") { track in
                trackHeader(&track, entry)
                track.box("mdia") { media(&$0, entry, timescale: timescale) }
            }
            moov.box("mvex") { extends in
                extends.fullBox("trex") { box in
                    for value: UInt32 in [1, 1, 0, 0, 0] { box.put(value) }
                }
            }
        }
        return writer.bytes
    }

    private static func movieHeader(_ writer: inout BoxWriter) {
        writer.fullBox("mvhd") { box in
            for value: UInt32 in [0, 0, 1_000, 0, 0x0001_0000] { box.put(value) }
            box.put(UInt16(0x0100))
            box.zeroes(10)
            matrix(&box)
            box.zeroes(24)
            box.put(UInt32(2))
        }
    }

    private static func trackHeader(_ writer: inout BoxWriter, _ entry: SampleEntry) {
        writer.fullBox("tkhd", flags: 7) { box in
            for value: UInt32 in [0, 0, 1, 0, 0] { box.put(value) }
            box.zeroes(12)
            switch entry {
            case .video(let width, let height, _):
                box.zeroes(4)
                matrix(&box)
                box.put(UInt32(width) << 16)
                box.put(UInt32(height) << 16)
            case .audio:
                box.put(UInt32(0x0100_0000))
                matrix(&box)
                box.zeroes(8)
            }
        }
    }

    private static func matrix(_ box: inout BoxWriter) {
        for value: UInt32 in [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000] { box.put(value) }
    }

    private static func media(_ writer: inout BoxWriter, _ entry: SampleEntry, timescale: UInt32) {
        writer.fullBox("mdhd") { box in
            for value: UInt32 in [0, 0, timescale, 0] { box.put(value) }
            box.put(UInt16(0x55C4))  // "und"
            box.put(UInt16(0))
        }
        writer.fullBox("hdlr") { box in
            box.zeroes(4)
            switch entry {
            case .video: box.put("vide")
            case .audio: box.put("soun")
            }
            box.zeroes(12)
            box.put("fullhouse\0")
        }
        writer.box("minf") { information in
            switch entry {
            case .video: information.fullBox("vmhd", flags: 1) { $0.zeroes(8) }
            case .audio: information.fullBox("smhd") { $0.zeroes(4) }
            }
            information.box("dinf") { data in
                data.fullBox("dref") { box in
                    box.put(UInt32(1))
                    box.fullBox("url ", flags: 1) { _ in }
                }
            }
            information.box("stbl") { table in
                table.fullBox("stsd") { box in
                    box.put(UInt32(1))
                    sampleEntry(&box, entry)
                }
                for type: StaticString in ["stts", "stsc", "stco"] { table.fullBox(type) { $0.zeroes(4) } }
                table.fullBox("stsz") { $0.zeroes(8) }
            }
        }
    }

    private static func sampleEntry(_ writer: inout BoxWriter, _ entry: SampleEntry) {
        switch entry {
        case .video(let width, let height, let configuration):
            writer.box("avc1") { box in
                box.zeroes(6)
                box.put(UInt16(1))
                box.zeroes(16)
                box.put(UInt16(width))
                box.put(UInt16(height))
                box.put(UInt32(0x0048_0000))
                box.put(UInt32(0x0048_0000))
                box.zeroes(4)
                box.put(UInt16(1))
                box.zeroes(32)
                box.put(UInt16(0x0018))
                box.put(Int16(-1))
                box.box("avcC") { $0.put(configuration) }
            }
        case .audio(let rate):
            writer.box("mp4a") { box in
                box.zeroes(6)
                box.put(UInt16(1))
                box.zeroes(8)
                box.put(UInt16(2))
                box.put(UInt16(16))
                box.zeroes(4)
                box.put(UInt32(48_000) << 16)
                box.fullBox("esds") { descriptor(&$0, rate: UInt32(clamping: Int64(rate.bitsPerSecond))) }
            }
        }
    }

    /// The elementary stream descriptor (ISO/IEC 14496-1 section 7.2.6.5) with an AudioSpecificConfig of AAC low
    /// complexity, 48 kHz, two channels.
    private static func descriptor(_ box: inout BoxWriter, rate: UInt32) {
        box.put([0x03, 25, 0, 1, 0])
        box.put([0x04, 17, 0x40, 0x15, 0, 0, 0])
        box.put(rate)
        box.put(rate)
        box.put([0x05, 2, 0x11, 0x90])
        box.put([0x06, 1, 2])
    }
}
