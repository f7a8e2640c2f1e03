extension [UInt8] {
    /// The value of a run of decimal digits; nil for anything else and for what does not fit into 64 bits.
    func decimalInteger(_ range: Range<Int>) -> UInt64? {
        guard !range.isEmpty else { return nil }
        var value: UInt64 = 0
        for index in range {
            let digit = self[index] &- ASCII.zero
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    /// A decimal number of seconds, such as `9.009` or `-3`, in whole nanoseconds, exactly.
    ///
    /// Digits beyond the ninth are rounded to the nearest, half away from zero. Nil for anything that is not such a
    /// number; what is longer than ``DecodingLimits/longestTime`` gives that.
    func nanoseconds(_ range: Range<Int>) -> Int64? {
        var index = range.lowerBound
        let end = range.upperBound
        guard index < end else { return nil }
        let isNegative = self[index] == ASCII.minus
        if isNegative || self[index] == ASCII.plus { index += 1 }
        var whole: Int64 = 0
        var digits = 0
        while index < end, self[index].isASCIIDigit {
            whole = Swift.min(whole * 10 + Int64(self[index] - ASCII.zero), 1_000_000_000_000)
            digits += 1
            index += 1
        }
        var fraction: Int64 = 0
        if index < end, self[index] == ASCII.point {
            index += 1
            var weight: Int64 = 100_000_000
            while index < end, self[index].isASCIIDigit {
                let digit = Int64(self[index] - ASCII.zero)
                if weight > 0 {
                    fraction += digit * weight
                    weight /= 10
                    if weight == 0 { weight = -1 }
                } else if weight == -1 {
                    if digit >= 5 { fraction += 1 }
                    weight = -2
                }
                digits += 1
                index += 1
            }
        }
        guard digits > 0, index == end else { return nil }
        guard whole < DecodingLimits.longestTime / 1_000_000_000 else {
            return isNegative ? -DecodingLimits.longestTime : DecodingLimits.longestTime
        }
        let value = whole * 1_000_000_000 + fraction
        return isNegative ? -value : value
    }

    /// A decimal number such as `29.97`; nil for anything else.
    ///
    /// For rates, never for times.
    func decimalNumber(_ range: Range<Int>) -> Double? {
        guard range.count <= 64, let first = range.first, self[first] != ASCII.plus else { return nil }
        for index in range where !(self[index].isASCIIDigit || self[index] == ASCII.point || self[index] == ASCII.minus)
        {
            return nil
        }
        return Double(text(range)).flatMap { $0.isFinite ? $0 : nil }
    }

    /// A resolution such as `1920x1080`, each side at most 100 000 pixels.
    func resolution(_ range: Range<Int>) -> (width: Int, height: Int)? {
        guard let cross = first(UInt8(ascii: "x"), in: range) ?? first(UInt8(ascii: "X"), in: range),
            let width = decimalInteger(range.lowerBound..<cross),
            let height = decimalInteger(cross + 1..<range.upperBound),
            width <= 100_000, height <= 100_000
        else { return nil }
        return (Int(width), Int(height))
    }

    /// `length` or `length@offset`, as in EXT-X-BYTERANGE; nil where it is not that or beyond what can be asked for.
    func byteRange(_ range: Range<Int>) -> (length: Int64, offset: Int64?)? {
        let mark = first(ASCII.at, in: range)
        guard let length = decimalInteger(range.lowerBound..<(mark ?? range.upperBound)),
            length <= UInt64(DecodingLimits.largestNumber)
        else { return nil }
        guard let mark else { return (Int64(length), nil) }
        guard let offset = decimalInteger(mark + 1..<range.upperBound), offset <= UInt64(DecodingLimits.largestNumber)
        else { return nil }
        return (Int64(length), Int64(offset))
    }
}
