/// Puts one log line together, in logfmt or JSON.
///
/// Whatever a value holds, the line stays one line: control bytes, DEL and invalid UTF-8 are escaped or replaced.
struct LogLineEncoder {
    private let format: LogFormat
    private var bytes: [UInt8] = []

    init(format: LogFormat) {
        self.format = format
        bytes.reserveCapacity(256)
        if format == .json { bytes.append(UInt8(ascii: "{")) }
    }

    mutating func append(key: String, value: LogValue) {
        switch format {
        case .logfmt:
            if !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
            appendKey(key)
            bytes.append(UInt8(ascii: "="))
            switch value {
            case .string(let text): appendLogfmt(text)
            default: bytes.append(contentsOf: LogLineEncoder.bare(value).utf8)
            }
        case .json:
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            appendQuoted(key)
            bytes.append(UInt8(ascii: ":"))
            switch value {
            case .string(let text): appendQuoted(text)
            case .duration: appendQuoted(LogLineEncoder.bare(value))
            case .double(let number) where !number.isFinite: appendQuoted(LogLineEncoder.bare(value))
            default: bytes.append(contentsOf: LogLineEncoder.bare(value).utf8)
            }
        }
    }

    mutating func finish() -> [UInt8] {
        if format == .json { bytes.append(UInt8(ascii: "}")) }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private static func bare(_ value: LogValue) -> String {
        switch value {
        case .string(let text): text
        case .int(let number): String(number)
        case .uint(let number): String(number)
        case .double(let number):
            if number.isNaN { "NaN" } else if number.isInfinite { number < 0 ? "-Inf" : "+Inf" } else { "\(number)" }
        case .bool(let flag): flag ? "true" : "false"
        case .duration(let duration): GoDuration.format(duration)
        }
    }

    /// A key is ours, but may carry the name of a request header: what logfmt cannot hold in a key becomes `_`.
    private mutating func appendKey(_ key: String) {
        for byte in key.utf8.prefix(128) {
            let isPlain = byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\"")
            bytes.append(isPlain ? byte : UInt8(ascii: "_"))
        }
    }

    private mutating func appendLogfmt(_ text: String) {
        if text.utf8.count <= Logger.maxValueBytes, !LogLineEncoder.needsQuotes(text) {
            bytes.append(contentsOf: text.utf8)
        } else {
            appendQuoted(text)
        }
    }

    private static func needsQuotes(_ text: String) -> Bool {
        var isASCII = true
        for byte in text.utf8 {
            if byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "\"") { return true }
            if byte >= 0x80 { isASCII = false }
        }
        return !isASCII && text.unicodeScalars.contains { isEscaped($0) || $0.value == 0xFFFD }
    }

    /// Controls, and the line ends U+2028 and U+2029 that some readers know; C1 controls move a terminal's cursor.
    private static func isEscaped(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }

    private mutating func appendQuoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var count = 0
        for scalar in text.unicodeScalars {
            count += UTF8.width(scalar)
            guard count <= Logger.maxValueBytes else {
                bytes.append(contentsOf: "...".utf8)
                break
            }
            switch scalar {
            case "\"": bytes.append(contentsOf: "\\\"".utf8)
            case "\\": bytes.append(contentsOf: "\\\\".utf8)
            case "\n": bytes.append(contentsOf: "\\n".utf8)
            case "\r": bytes.append(contentsOf: "\\r".utf8)
            case "\t": bytes.append(contentsOf: "\\t".utf8)
            default:
                if LogLineEncoder.isEscaped(scalar) {
                    appendUnicodeEscape(scalar.value)
                } else {
                    bytes.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
                }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendUnicodeEscape(_ value: UInt32) {
        bytes.append(contentsOf: "\\u".utf8)
        for shift in [12, 8, 4, 0] {
            let digit = UInt8((value >> UInt32(shift)) & 0xF)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
