/// Durations as Tempo prints them in search answers: `110ms`, `42.5ms`, `1m2.5s`, `9µs`.
enum GoDurationText {
    /// Nanoseconds; nil for what is not such a text, is negative, or does not fit.
    static func nanoseconds(_ text: String) -> UInt64? {
        var rest = Array(text.utf8)[...]
        guard !rest.isEmpty, rest.count <= 64 else { return nil }
        if rest.elementsEqual([UInt8(ascii: "0")]) { return 0 }
        var total: UInt64 = 0
        while !rest.isEmpty {
            guard let (digits, fraction) = number(&rest), let unit = unit(&rest) else { return nil }
            var value: UInt64 = 0
            for digit in digits {
                let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
                let (next, overflow2) = tens.addingReportingOverflow(UInt64(digit - 0x30))
                guard !overflow, !overflow2 else { return nil }
                value = next
            }
            let (whole, overflow) = value.multipliedReportingOverflow(by: unit)
            guard !overflow else { return nil }
            var part: UInt64 = 0
            var scale = unit
            for digit in fraction {
                // Units are at most 3.6e12 and a digit at most 9, so this fits; digits below a nanosecond are dropped.
                part += UInt64(digit - 0x30) * scale / 10
                guard scale % 10 == 0 else { break }
                scale /= 10
            }
            let (sum, overflow3) = total.addingReportingOverflow(whole)
            let (sum2, overflow4) = sum.addingReportingOverflow(part)
            guard !overflow3, !overflow4 else { return nil }
            total = sum2
        }
        return total
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
        let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        guard rest.first == UInt8(ascii: ".") else { return (digits, []) }
        let fraction = rest.dropFirst().prefix { $0 >= 0x30 && $0 <= 0x39 }
        rest = rest.dropFirst(1 + fraction.count)
        return (digits, fraction)
    }

    private static func unit(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        let name = rest.prefix { !($0 >= 0x30 && $0 <= 0x39) && $0 != UInt8(ascii: ".") }
        rest = rest.dropFirst(name.count)
        switch String(decoding: name, as: UTF8.self) {
        case "ns": return 1
        case "us", "\u{B5}s", "\u{3BC}s": return 1_000
        case "ms": return 1_000_000
        case "s": return 1_000_000_000
        case "m": return 60_000_000_000
        case "h": return 3_600_000_000_000
        default: return nil
        }
    }
}
