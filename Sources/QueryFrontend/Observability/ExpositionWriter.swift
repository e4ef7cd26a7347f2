/// Writes the Prometheus text format, version 0.0.4.
struct ExpositionWriter {
    private(set) var bytes: [UInt8] = []

    /// The `# HELP` and `# TYPE` lines of a family, unless it has no series.
    mutating func head(_ description: MetricDescription, isEmpty: Bool) {
        guard !isEmpty else { return }
        bytes.append(contentsOf: "# HELP \(description.name) ".utf8)
        for byte in description.help.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(contentsOf: "\n# TYPE \(description.name) \(description.kind)\n".utf8)
    }

    /// One sample; `bound` is the upper bound of a bucket.
    mutating func sample(
        _ name: String, labels: [MetricLabel], values: [String], bound: String? = nil, value: Double
    ) {
        bytes.append(contentsOf: name.utf8)
        var separator = UInt8(ascii: "{")
        for (label, value) in zip(labels, values) {
            bytes.append(separator)
            separator = UInt8(ascii: ",")
            appendLabel(label.name, value)
        }
        if let bound {
            bytes.append(separator)
            separator = UInt8(ascii: ",")
            appendLabel("le", bound)
        }
        if separator == UInt8(ascii: ",") { bytes.append(UInt8(ascii: "}")) }
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: ExpositionWriter.number(value).utf8)
        bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func appendLabel(_ name: String, _ value: String) {
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: "=\"".utf8)
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A number as the format wants it; whole ones without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), value.magnitude < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }

    /// True for `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(first >= UInt8(ascii: "0") && first <= UInt8(ascii: "9")) else {
            return false
        }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"):
                true
            default: false
            }
        }
    }
}
