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

    /// Shifts the fixed64 that ends at `end`.
    static func shift(_ bytes: inout [UInt8], before end: Int, by shift: Int64) {
        guard end >= 8, end <= bytes.count else { return }
        let place = end - 8
        bytes.withUnsafeMutableBytes { memory in
            let time = UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            memory.storeBytes(
                of: ClockTime.shifted(time, by: shift).littleEndian, toByteOffset: place, as: UInt64.self)
        }
    }

    /// Shifts the time of the event whose content is `range`.
    static func shiftEvent(_ bytes: inout [UInt8], _ range: Range<Int>, by amount: Int64) {
        var ends: [Int] = []
        bytes.withUnsafeBytes { memory in
            guard var cursor = WireCursor(memory, from: range.lowerBound, to: range.upperBound) else { return }
            while !cursor.isAtEnd, let tag = try? cursor.varint(), (try? cursor.skipValue(ofTag: tag)) != nil {
                if tag == 0x09 { ends.append(cursor.position) }
            }
        }
        for end in ends { shift(&bytes, before: end, by: amount) }
    }
}
