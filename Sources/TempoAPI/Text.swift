/// Text from the wire, which need not be valid UTF-8.
enum Text {
    /// Decodes UTF-8; like Go, puts one U+FFFD in the place of every byte that is not part of a valid sequence.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> String {
        if let text = String(validating: bytes.assumingMemoryBound(to: UInt8.self), as: UTF8.self) { return text }
        var repaired: [UInt8] = []
        repaired.reserveCapacity(bytes.count + 16)
        var position = 0
        while position < bytes.count {
            let length = validSequenceLength(bytes, at: position)
            if length == 0 {
                repaired.append(contentsOf: [0xef, 0xbf, 0xbd])
                position += 1
            } else {
                repaired.append(contentsOf: bytes[position..<position + length])
                position += length
            }
        }
        return String(decoding: repaired, as: UTF8.self)
    }

    /// The length of the valid UTF-8 sequence at a position, or 0: overlong forms, surrogates and numbers above 10FFFF are invalid.
    static func validSequenceLength(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Int {
        let first = bytes[position]
        if first < 0x80 { return 1 }
        func continues(_ offset: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xbf) -> Bool {
            position + offset < bytes.count && bytes[position + offset] >= low && bytes[position + offset] <= high
        }
        switch first {
        case 0xc2...0xdf:
            return continues(1) ? 2 : 0
        case 0xe0...0xef:
            let low: UInt8 = first == 0xe0 ? 0xa0 : 0x80
            let high: UInt8 = first == 0xed ? 0x9f : 0xbf
            return continues(1, low, high) && continues(2) ? 3 : 0
        case 0xf0...0xf4:
            let low: UInt8 = first == 0xf0 ? 0x90 : 0x80
            let high: UInt8 = first == 0xf4 ? 0x8f : 0xbf
            return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0
        default:
            return 0
        }
    }

    /// The keys of a map, in the order of their bytes.
    static func sortedKeys<Value>(_ map: [String: Value]) -> [String] {
        map.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
