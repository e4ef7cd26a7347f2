/// The times within a span's bytes. All have a fixed size, so a span that is shifted keeps its length.
enum SpanTimes {
    /// `end_time_unix_nano`; 0 when there is none.
    static func end(of span: SpanRecord, in bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBytes { memory in
            let start = Int(span.offset)
            guard var cursor = WireCursor(memory, from: start, to: start + Int(span.length)) else { return 0 }
            var end: UInt64 = 0
            // The span was scanned, so its fields are well-formed.
            while !cursor.isAtEnd, let tag = try? cursor.varint() {
                if tag == 0x41 {
                    guard let time = try? cursor.fixed64() else { break }
                    end = time
                } else if (try? cursor.skipValue(ofTag: tag)) == nil {
                    break
                }
            }
            return end
        }
    }

    /// Shifts start, end and event times of the span that `bytes` hold from `start` to their end.
    static func shift(_ bytes: inout [UInt8], from start: Int, by amount: Int64) {
        bytes.withUnsafeMutableBytes { memory in
            // The cursor reads what is written here only before it is written.
            guard var cursor = WireCursor(UnsafeRawBufferPointer(memory), from: start, to: memory.count) else { return }
            while !cursor.isAtEnd, let tag = try? cursor.varint() {
                if tag == 0x5A {
                    guard let range = try? cursor.lengthDelimited() else { return }
                    var event = cursor.nested(range)
                    while !event.isAtEnd, let tag = try? event.varint(), (try? event.skipValue(ofTag: tag)) != nil {
                        if tag == 0x09 { shift(memory, before: event.position, by: amount) }
                    }
                } else {
                    guard (try? cursor.skipValue(ofTag: tag)) != nil else { return }
                    if tag == 0x39 || tag == 0x41 { shift(memory, before: cursor.position, by: amount) }
                }
            }
        }
    }

    /// Shifts the fixed64 that ends at `end`, which a cursor has just stepped over: its eight bytes are within the memory.
    private static func shift(_ memory: UnsafeMutableRawBufferPointer, before end: Int, by amount: Int64) {
        let time = UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self))
        memory.storeBytes(
            of: ClockTime.shifted(time, by: amount).littleEndian, toByteOffset: end - 8, as: UInt64.self)
    }
}
