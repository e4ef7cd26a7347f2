import TempoAPI
import TraceStore

/// How many spans an export holds that was not decoded, for the counters of what was refused.
enum SpanCount {
    /// Protobuf is walked over down to the spans, as far as it can be read; of JSON the starts of spans are counted, about.
    static func of(_ body: [UInt8], _ encoding: OTLPEncoding) -> Int {
        switch encoding {
        case .json: occurrences(of: Array(#""startTimeUnixNano""#.utf8), in: body)
        case .protobuf: body.withUnsafeBytes { count(ProtobufReader($0), path: [1, 2, 2]) }
        }
    }

    /// Field 1 of the request are resource spans, 2 of these scope spans, 2 of these spans.
    private static func count(_ reader: ProtobufReader, path: ArraySlice<Int>) -> Int {
        guard let wanted = path.first else { return 0 }
        var reader = reader
        var count = 0
        while let field = try? reader.next() {
            guard field.number == wanted, field.wireType == .lengthDelimited else { continue }
            guard path.count > 1 else {
                count += 1
                continue
            }
            count += Self.count(ProtobufReader(reader.bytes, range: field.payload), path: path.dropFirst())
        }
        return count
    }

    private static func occurrences(of word: [UInt8], in body: [UInt8]) -> Int {
        body.withUnsafeBytes { bytes in
            var count = 0
            var index = 0
            while index + word.count <= bytes.count {
                if bytes[index] == word[0], bytes[index..<(index + word.count)].elementsEqual(word) {
                    count += 1
                    index += word.count
                } else {
                    index += 1
                }
            }
            return count
        }
    }
}
