extension MetricsLabelValue: CustomStringConvertible {
    /// The value in the manner of Prometheus, without quotes: `int(5)`, `5.0`, `true`, `<nil>`, `<empty>`.
    public var description: String {
        switch self {
        case .string(let text):
            switch text {
            case "": "<empty>"
            case "nil": "<nil>"
            default: text
            }
        case .int(let number): "int(\(number))"
        case .float(let number): NumberText.float(number)
        case .boolean(let flag): flag ? "true" : "false"
        case .array(let values):
            "["
                + values.map { value in
                    switch value {
                    case .string(let text): "`" + text + "`"
                    case .int(let number): "\(number)"
                    default: value.description
                    }
                }.joined(separator: ", ") + "]"
        }
    }
}

extension SeriesIdentity: CustomStringConvertible {
    /// The labels in the manner of Prometheus, sorted by name: `{name="GET", span.code="int(200)"}`.
    public var description: String {
        let sorted = labels.sorted { UTF8Text.precedes($0.name, $1.name) }
        return "{" + sorted.map { "\($0.name)=\(Self.quoted($0.value.description))" }.joined(separator: ", ") + "}"
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
