import Testing

@testable import HTTPTransport

struct GzipTests {
    static func sample(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var generator = SeededGenerator(state: seed)
        return (0..<count).map { _ in UInt8.random(in: 97...104, using: &generator) }
    }

    @Test(arguments: [0, 1, 1000, 65_536, 300_000])
    func `what is compressed comes back`(_ count: Int) throws {
        let bytes = Self.sample(count)
        let compressed = try #require(Gzip.compress(bytes))
        #expect(compressed.starts(with: [0x1F, 0x8B]))
        #expect(try Gzip.decompress(compressed, upTo: count) == bytes)
        if count > 1000 { #expect(compressed.count < count * 3 / 4) }
    }

    @Test func `pieces give the same as the whole, and members follow each other`() throws {
        let bytes = Self.sample(200_000)
        let encoder = try #require(GzipEncoder(level: 6))
        var compressed: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 7777) {
            compressed += encoder.encode(Array(bytes[start..<min(bytes.count, start + 7777)]), flush: start % 2 == 0)
        }
        compressed += encoder.finish()
        let second = try #require(Gzip.compress([1, 2, 3]))
        let decoder = try #require(GzipDecoder())
        var output: [UInt8] = []
        for byte in compressed + second {
            decoder.feed([byte])
            while let piece = try decoder.next(maxBytes: 1000) {
                #expect(piece.count <= 1000)
                output += piece
            }
        }
        #expect(decoder.isComplete)
        #expect(output == bytes + [1, 2, 3])
    }

    @Test func `a bomb is stopped at the bound`() throws {
        let bomb = try #require(Gzip.compress([UInt8](repeating: 0, count: 50 << 20), level: 9))
        #expect(bomb.count < 100_000)
        #expect(throws: GzipError(code: .tooLarge, message: "decompressed data is larger than 1000000 bytes")) {
            try Gzip.decompress(bomb, upTo: 1_000_000)
        }
    }

    @Test func `damaged, cut and foreign data are refused`() throws {
        let good = try #require(Gzip.compress(Self.sample(1000)))
        var damaged = good
        damaged[good.count - 5] ^= 0x55
        var method = good
        method[2] = 7
        for bad in [Array(good.dropLast()), damaged, method, [], [0x1F], Array("plain text".utf8), good + [0]] {
            #expect(throws: GzipError.self) { try Gzip.decompress(bad, upTo: 10_000) }
        }
    }

    @Test func `random bytes never trap`() throws {
        var generator = SeededGenerator(state: 7)
        let good = try #require(Gzip.compress(Self.sample(2000)))
        for _ in 0..<2000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let output = try? Gzip.decompress(bytes, upTo: 100_000)
            #expect((output?.count ?? 0) <= 100_000)
        }
    }

    @Test func `a missing library is no library`() {
        #expect(ZLibrary(names: ["libthatisnothere.so.9"]) == nil)
        #expect(Gzip.isAvailable)
    }
}
