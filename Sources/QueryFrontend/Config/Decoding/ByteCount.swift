/// Sizes as people write them: a whole number and a unit, `512MiB`. Units of 1024 are `KiB`, `MiB`, `GiB`, of 1000 `KB`, `MB`, `GB`; `B`
/// is one byte.
enum ByteCount {
    /// Reads the form. Nil for anything else, and for what does not fit.
    static func parse(_ text: String) -> Int? {
        let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
        let unit = text.utf8.dropFirst(digits.count).drop { $0 == 0x20 }
        guard let number = Int(String(decoding: digits, as: UTF8.self)),
            let size = units[String(decoding: unit, as: UTF8.self)]
        else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: size)
        return overflow ? nil : bytes
    }

    private static let units = [
        "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000,
    ]
}
