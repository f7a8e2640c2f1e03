/// H.264 of a grey picture that never changes, written bit by bit (ITU-T H.264 sections 7.3 and 9.2).
///
/// The key picture codes each macroblock as Intra 16x16 with DC prediction and no residual: eight bits. The later
/// pictures skip all macroblocks. So the synthetic segments can be decoded, and cost next to nothing.
struct BlankVideo {
    let width: Int
    let height: Int

    private var macroblocksWide: Int { (width + 15) / 16 }
    private var macroblocksHigh: Int { (height + 15) / 16 }
    private var macroblocks: Int { macroblocksWide * macroblocksHigh }

    /// Main profile, and the least common level that holds the picture at 25 per second (table A-1, frame size).
    private var level: UInt8 {
        switch macroblocks {
        case ...1_620: 30
        case ...3_600: 31
        case ...8_192: 40
        case ...22_080: 50
        case ...36_864: 51
        default: 60
        }
    }

    /// The RFC 6381 name of the codec.
    var codec: String {
        let digits = Array("0123456789ABCDEF")
        return "avc1.4D40" + String([digits[Int(level >> 4)], digits[Int(level & 15)]])
    }

    /// The AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3.1).
    var configurationRecord: [UInt8] {
        let sequence = sequenceParameters
        let picture = pictureParameters
        var record: [UInt8] = [1, 77, 0x40, level, 0xFF, 0xE1]
        record += [UInt8(sequence.count >> 8), UInt8(sequence.count & 255)] + sequence
        record += [1, UInt8(picture.count >> 8), UInt8(picture.count & 255)] + picture
        return record
    }

    private var sequenceParameters: [UInt8] {
        var bits = BitWriter()
        bits.put(77, 8)  // profile_idc: Main
        bits.put(0x40, 8)  // constraint_set1_flag
        bits.put(UInt32(level), 8)
        bits.unsigned(0)  // seq_parameter_set_id
        bits.unsigned(4)  // log2_max_frame_num_minus4: frame_num has eight bits
        bits.unsigned(2)  // pic_order_cnt_type: output order is decoding order
        bits.unsigned(1)  // max_num_ref_frames
        bits.put(0, 1)  // gaps_in_frame_num_value_allowed_flag
        bits.unsigned(UInt32(macroblocksWide - 1))
        bits.unsigned(UInt32(macroblocksHigh - 1))
        bits.put(1, 1)  // frame_mbs_only_flag
        bits.put(1, 1)  // direct_8x8_inference_flag
        let right = UInt32(macroblocksWide * 16 - width) / 2
        let bottom = UInt32(macroblocksHigh * 16 - height) / 2
        bits.put(right + bottom > 0 ? 1 : 0, 1)
        if right + bottom > 0 {
            for crop in [0, right, 0, bottom] { bits.unsigned(crop) }
        }
        bits.put(0, 1)  // vui_parameters_present_flag
        return bits.unit(header: 0x67)
    }

    private var pictureParameters: [UInt8] {
        var bits = BitWriter()
        bits.unsigned(0)  // pic_parameter_set_id
        bits.unsigned(0)  // seq_parameter_set_id
        bits.put(0, 1)  // entropy_coding_mode_flag: CAVLC
        bits.put(0, 1)  // bottom_field_pic_order_in_frame_present_flag
        bits.unsigned(0)  // num_slice_groups_minus1
        bits.unsigned(0)  // num_ref_idx_l0_default_active_minus1
        bits.unsigned(0)  // num_ref_idx_l1_default_active_minus1
        bits.put(0, 3)  // weighted_pred_flag, weighted_bipred_idc
        for _ in 0..<3 { bits.unsigned(0) }  // initial quantisers and chroma offset, all se(0)
        bits.put(0, 3)  // deblocking control, constrained intra prediction, redundant pictures
        return bits.unit(header: 0x68)
    }

    /// The instantaneous decoding refresh picture with its length in front.
    var keyPicture: [UInt8] {
        var bits = BitWriter()
        bits.unsigned(0)  // first_mb_in_slice
        bits.unsigned(7)  // slice_type: I, all slices of the picture
        bits.unsigned(0)  // pic_parameter_set_id
        bits.put(0, 8)  // frame_num
        bits.unsigned(0)  // idr_pic_id
        bits.put(0, 2)  // no_output_of_prior_pics_flag, long_term_reference_flag
        bits.unsigned(0)  // slice_qp_delta
        for _ in 0..<macroblocks {
            // mb_type ue(3) = I_16x16_2_0_0, intra_chroma_pred_mode ue(0), mb_qp_delta se(0), coeff_token of no
            // coefficients: 00100 1 1 1.
            bits.put(0x27, 8)
        }
        return LengthPrefix.adding(to: bits.unit(header: 0x65))
    }

    /// The picture so many after the key picture with its length in front: all macroblocks skipped.
    func repeatedPicture(_ number: Int) -> [UInt8] {
        var bits = BitWriter()
        bits.unsigned(0)  // first_mb_in_slice
        bits.unsigned(5)  // slice_type: P, all slices of the picture
        bits.unsigned(0)  // pic_parameter_set_id
        bits.put(UInt32(number & 255), 8)  // frame_num
        bits.put(0, 3)  // no reference override, no list modification, sliding-window marking
        bits.unsigned(0)  // slice_qp_delta
        bits.unsigned(UInt32(macroblocks))  // mb_skip_run
        return LengthPrefix.adding(to: bits.unit(header: 0x61))
    }
}

/// The four-byte length in front of a NAL unit in an ISO base media file.
private enum LengthPrefix {
    static func adding(to unit: [UInt8]) -> [UInt8] {
        let count = UInt32(unit.count)
        return [UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)] + unit
    }
}

/// Bits, most significant first, with the Exp-Golomb codes of H.264 section 9.1.
private struct BitWriter {
    private var bytes: [UInt8] = []
    private var pending: UInt64 = 0
    private var pendingCount = 0

    /// Appends the lowest `count` bits of a value, at most 32.
    mutating func put(_ value: UInt32, _ count: Int) {
        pending = pending << UInt64(count) | UInt64(value) & ((1 << UInt64(count)) - 1)
        pendingCount += count
        while pendingCount >= 8 {
            pendingCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: pending >> UInt64(pendingCount)))
        }
    }

    /// Appends ue(v); a zero is the same as se(0).
    mutating func unsigned(_ value: UInt32) {
        let code = value + 1
        let length = 32 - code.leadingZeroBitCount
        put(0, length - 1)
        put(code, length)
    }

    /// The NAL unit: header, payload with trailing bits, and emulation prevention (section 7.4.1).
    func unit(header: UInt8) -> [UInt8] {
        var copy = self
        copy.put(1, 1)
        if copy.pendingCount > 0 { copy.put(0, 8 - copy.pendingCount) }
        var unit = [header]
        unit.reserveCapacity(copy.bytes.count + 8)
        var zeroes = 0
        for byte in copy.bytes {
            if zeroes >= 2, byte <= 3 {
                unit.append(3)
                zeroes = 0
            }
            unit.append(byte)
            zeroes = byte == 0 ? zeroes + 1 : 0
        }
        return unit
    }
}
