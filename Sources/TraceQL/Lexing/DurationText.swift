/// Durations as queries write them.
enum DurationText {
    /// Whether the byte may continue a number into a duration.
    static func isRunByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "n"), UInt8(ascii: "s"),
            UInt8(ascii: "u"), UInt8(ascii: "m"), UInt8(ascii: "h"), UInt8(ascii: "d"), UInt8(ascii: "w"),
            UInt8(ascii: "y"):
            true
        default: false
        }
    }

    /// Nanoseconds; nil when the text is no duration or does not fit 64 bits.
    static func parse(_ text: ArraySlice<UInt8>) -> Int64? { calendar(text) ?? clock(text) }

    private static let second: UInt64 = 1_000_000_000

    /// `1y2w3d4h5m6s7ms`: each unit at most once, in that order, whole numbers.
    private static func calendar(_ text: ArraySlice<UInt8>) -> Int64? {
        let units: [(name: StaticString, nanoseconds: UInt64)] = [
            ("y", 365 * 86_400 * second), ("w", 7 * 86_400 * second), ("d", 86_400 * second), ("h", 3_600 * second),
            ("m", 60 * second), ("s", second), ("ms", 1_000_000),
        ]
        var index = text.startIndex
        var nextUnit = 0
        var total: UInt64 = 0
        while index < text.endIndex {
            guard let number = wholeNumber(text, &index) else { return nil }
            let name = unitName(text, &index)
            guard let unit = units.indices.first(where: { $0 >= nextUnit && equal(name, units[$0].name) }) else {
                return nil
            }
            nextUnit = unit + 1
            let (product, overflow) = number.multipliedReportingOverflow(by: units[unit].nanoseconds)
            let (sum, sumOverflow) = total.addingReportingOverflow(product)
            guard !overflow, !sumOverflow, sum <= UInt64(Int64.max) else { return nil }
            total = sum
        }
        return nextUnit == 0 ? nil : Int64(total)
    }

    /// `1.5h30m`: any sequence of decimal numbers with units from nanoseconds to hours.
    private static func clock(_ text: ArraySlice<UInt8>) -> Int64? {
        var index = text.startIndex
        var total: UInt64 = 0
        while index < text.endIndex {
            let start = index
            var whole: UInt64 = 0
            if text[index] != UInt8(ascii: ".") {
                guard let number = wholeNumber(text, &index) else { return nil }
                whole = number
            }
            var sawDigit = index > start
            var fraction: UInt64 = 0
            var scale = 1.0
            if index < text.endIndex && text[index] == UInt8(ascii: ".") {
                index += 1
                var full = false
                while index < text.endIndex, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index]) {
                    sawDigit = true
                    // Digits beyond the 64-bit range say nothing about nanoseconds.
                    if !full && fraction <= UInt64(Int64.max) / 10 - 1 {
                        fraction = fraction * 10 + UInt64(text[index] - UInt8(ascii: "0"))
                        scale *= 10
                    } else {
                        full = true
                    }
                    index += 1
                }
            }
            guard sawDigit else { return nil }
            let name = unitName(text, &index)
            let unit: UInt64
            if equal(name, "ns") {
                unit = 1
            } else if equal(name, "us") || equal(name, "µs") {
                unit = 1_000
            } else if equal(name, "ms") {
                unit = 1_000_000
            } else if equal(name, "s") {
                unit = second
            } else if equal(name, "m") {
                unit = 60 * second
            } else if equal(name, "h") {
                unit = 3_600 * second
            } else {
                return nil
            }
            let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
            guard !overflow, product <= 1 << 63 else { return nil }
            var value = product
            if fraction > 0 { value += UInt64(Double(fraction) * (Double(unit) / scale)) }
            let (sum, sumOverflow) = total.addingReportingOverflow(value)
            guard !sumOverflow, sum <= UInt64(Int64.max) else { return nil }
            total = sum
        }
        return Int64(total)
    }

    /// Digits at `index`; nil when there are none or they do not fit.
    private static func wholeNumber(_ text: ArraySlice<UInt8>, _ index: inout Int) -> UInt64? {
        let start = index
        var value: UInt64 = 0
        while index < text.endIndex, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index]) {
            guard value <= (1 << 63) / 10 else { return nil }
            value = value * 10 + UInt64(text[index] - UInt8(ascii: "0"))
            index += 1
        }
        return index == start || value > 1 << 63 ? nil : value
    }

    private static func unitName(_ text: ArraySlice<UInt8>, _ index: inout Int) -> ArraySlice<UInt8> {
        let start = index
        while index < text.endIndex, text[index] != UInt8(ascii: "."),
            !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index])
        {
            index += 1
        }
        return text[start..<index]
    }

    private static func equal(_ bytes: ArraySlice<UInt8>, _ name: StaticString) -> Bool {
        name.withUTF8Buffer { bytes.elementsEqual($0) }
    }
}
