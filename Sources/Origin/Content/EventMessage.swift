/// Messages to players and splicers in band.
enum EventMessage {
    /// The scheme of the events of `extras`, which no player knows.
    static let scheme: StaticString = "urn:example:fullhouse:event:2026"

    /// An `emsg` box, version 1 (ISO/IEC 23009-1 section 5.10.3.3).
    static func bytes(time: Int64, timescale: Int64, id: Int64) -> [UInt8] {
        var writer = BoxWriter()
        writer.fullBox("emsg", version: 1) { box in
            box.put(UInt32(truncatingIfNeeded: timescale))
            box.put(UInt64(max(0, time)))
            box.put(UInt32(truncatingIfNeeded: timescale))
            box.put(UInt32(truncatingIfNeeded: id))
            box.put(scheme)
            box.put([0])
            box.put("1\0")
            box.put("beat")
        }
        return writer.bytes
    }
}

/// SCTE-35 splice commands.
enum SpliceMessage {
    /// A `splice_info_section` with a `splice_insert` of now, into the break or back out of it (ANSI/SCTE 35 sections
    /// 9.6 and 9.7.3).
    static func insert(event: Int64, isOut: Bool, ticks: UInt64) -> [UInt8] {
        var command = BoxWriter()
        command.put(UInt32(truncatingIfNeeded: event))
        command.put(UInt8(0x7F))  // splice_event_cancel_indicator 0, reserved
        // out_of_network, program_splice, duration, splice_immediate, reserved
        command.put(UInt8(isOut ? 0xFF : 0x5F))
        if isOut {
            // auto_return, reserved, 33 bits of duration at 90 kHz
            command.put(UInt8(0xFE | UInt8(ticks >> 32 & 1)))
            command.put(UInt32(truncatingIfNeeded: ticks))
        }
        command.put(UInt16(1))  // unique_program_id
        command.put(UInt16(0))  // avail_num, avails_expected
        var section = BoxWriter()
        section.put(UInt8(0xFC))
        section.put(UInt16(0x3000 | UInt16(17 + command.bytes.count)))
        section.put([0, 0, 0, 0, 0, 0, 0])  // protocol, encryption, pts_adjustment, cw_index
        section.put([0xFF, 0xF0 | UInt8(command.bytes.count >> 8), UInt8(command.bytes.count & 255), 0x05])
        section.put(command.bytes)
        section.put(UInt16(0))  // descriptor_loop_length
        section.put(checksum(section.bytes))
        return section.bytes
    }

    /// The CRC-32 of MPEG-2 (ISO/IEC 13818-1 annex A).
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.reduce(0xFFFF_FFFF) { register, byte in
            (0..<8).reduce(register ^ UInt32(byte) << 24) { value, _ in
                value & 0x8000_0000 != 0 ? value << 1 ^ 0x04C1_1DB7 : value << 1
            }
        }
    }
}
