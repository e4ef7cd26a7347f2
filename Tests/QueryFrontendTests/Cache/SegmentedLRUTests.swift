import Testing

@testable import QueryFrontend

struct SegmentedLRUTests {
    private static func answer(_ bytes: Int, at storedAt: Int64 = 0, until expiresAt: Int64 = 1000) -> CachedAnswer {
        CachedAnswer(bytes: [UInt8](repeating: 7, count: bytes), storedAt: storedAt, expiresAt: expiresAt)
    }

    /// Room for so many answers of 100 bytes under keys of one byte, and for what the memory's allocator adds to them.
    private static func cache(of count: Int) -> SegmentedLRU {
        SegmentedLRU(maxBytes: count * (answer(100).cost(under: CacheKey("a")) + 60))
    }

    private static func order(_ cache: SegmentedLRU) -> String { cache.keysInOrder.map(\.text).joined() }

    /// `+a` keeps an answer, `a` asks for it.
    private static func run(_ steps: String, in cache: inout SegmentedLRU) {
        var keeps = false
        for step in steps where step != " " {
            if step == "+" {
                keeps = true
            } else {
                if keeps {
                    _ = cache.insert(answer(100), for: CacheKey(String(step)))
                } else {
                    _ = cache.answer(for: CacheKey(String(step)), at: 1)
                }
                keeps = false
            }
        }
    }

    @Test(arguments: [
        // What is never asked for again goes in the order of its coming.
        ("+a +b +c +d +e", "abcde"),
        ("+a +b +c +d +e +f", "bcdef"),
        // What was asked for stays while others pass.
        ("+a a +b +c +d +e +f +g +h", "efgha"),
        // The last used goes last, in its segment.
        ("+a +b +c a b a", "cba"),
        // The second segment has four fifths; what falls out of it is the newest of the first.
        ("+a +b +c +d +e a b c d e", "abcde"),
        // All that was asked for is in the way of something new: the oldest of it goes, not the new.
        ("+a +b +c +d a b c d +e +f", "fabcd"),
        // The same key again is one answer, and unproven.
        ("+a a +b +a", "ba"),
        // What is not there is not there.
        ("x +a y", "a"),
    ])
    func `answers go in this order`(_ steps: String, _ expected: String) {
        var cache = Self.cache(of: 5)
        Self.run(steps, in: &cache)
        #expect(Self.order(cache) == expected)
    }

    @Test func `an answer lives until its time, and is older than any when the clock is set back`() {
        var cache = Self.cache(of: 5)
        let key = CacheKey("a")
        func keep() { _ = cache.insert(Self.answer(10, at: 100, until: 200), for: key) }
        keep()
        #expect(cache.answer(for: key, at: 100)?.bytes.count == 10)
        #expect(cache.answer(for: key, at: 199) != nil)
        #expect(cache.answer(for: key, at: 200) == nil)
        #expect(cache.count == 0)
        #expect(cache.bytes == 0)
        keep()
        #expect(cache.answer(for: key, at: 99) == nil)
        #expect(cache.count == 0)
    }

    @Test func `what is larger than the bound is not kept and drives nothing out`() {
        var cache = Self.cache(of: 2)
        _ = cache.insert(Self.answer(100), for: CacheKey("a"))
        let dropped = cache.insert(Self.answer(5000), for: CacheKey("b"))
        #expect(dropped.map(\.bytes.count) == [5000])
        #expect(Self.order(cache) == "a")
    }

    /// The same rules on plain lists.
    private struct Model {
        struct Entry {
            var key: CacheKey
            var cost: Int
            var answer: CachedAnswer
        }

        let maxBytes: Int
        /// The newest at the end.
        var probation: [Entry] = []
        var protected: [Entry] = []

        static func bytes(_ entries: [Entry]) -> Int { entries.reduce(0) { $0 + $1.cost } }
        var bytes: Int { Self.bytes(probation) + Self.bytes(protected) }

        mutating func take(_ key: CacheKey) -> Entry? {
            if let index = probation.firstIndex(where: { $0.key == key }) { return probation.remove(at: index) }
            if let index = protected.firstIndex(where: { $0.key == key }) { return protected.remove(at: index) }
            return nil
        }

        mutating func answer(for key: CacheKey, at now: Int64) -> CachedAnswer? {
            guard let entry = take(key), entry.answer.isFresh(at: now) else { return nil }
            protected.append(entry)
            while Self.bytes(protected) > maxBytes / 5 * 4, protected.count > 1 {
                probation.append(protected.removeFirst())
            }
            return entry.answer
        }

        mutating func insert(_ answer: CachedAnswer, for key: CacheKey) -> Int {
            _ = take(key)
            let entry = Entry(key: key, cost: answer.cost(under: key), answer: answer)
            guard entry.cost <= maxBytes else { return 1 }
            probation.append(entry)
            var dropped = 0
            while bytes > maxBytes {
                if probation.count > 1 { probation.removeFirst() } else { protected.removeFirst() }
                dropped += 1
            }
            return dropped
        }
    }

    @Test(arguments: 0..<20) func `agrees with plain lists, whatever is done`(_ seed: Int) {
        var generator = CacheTestGenerator(state: UInt64(seed))
        var cache = SegmentedLRU(maxBytes: 20_000)
        var model = Model(maxBytes: 20_000)
        var now: Int64 = 0
        for _ in 0..<2000 {
            let key = CacheKey(String(repeating: "k", count: Int.random(in: 1...60, using: &generator)))
            now += Int64.random(in: -1...3, using: &generator)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<5:
                let ours = cache.answer(for: key, at: now)
                let theirs = model.answer(for: key, at: now)
                #expect(ours?.bytes.count == theirs?.bytes.count && ours?.storedAt == theirs?.storedAt)
            case 5..<9:
                let answer = Self.answer(
                    Int.random(in: 0...6000, using: &generator), at: now,
                    until: now + Int64.random(in: 0...400, using: &generator))
                #expect(cache.insert(answer, for: key).count == model.insert(answer, for: key))
            default:
                cache.remove(key)
                _ = model.take(key)
            }
            #expect(cache.bytes == model.bytes)
            #expect(cache.bytes <= 20_000)
            #expect(cache.keysInOrder == (model.probation + model.protected).map(\.key))
            #expect(cache.count == model.probation.count + model.protected.count)
        }
    }

    @Test func `the count of bytes has everything that is reserved`() {
        var bytes = [UInt8](repeating: 1, count: 1000)
        bytes.reserveCapacity(100_000)
        let key = CacheKey("key")
        let wide = CachedAnswer(bytes: bytes, storedAt: 0, expiresAt: 1)
        #expect(wide.cost(under: key) >= 100_000)
        let trimmed = wide.trimmed()
        #expect(trimmed.bytes == bytes)
        #expect(trimmed.cost(under: key) < 2000)
        #expect(trimmed.cost(under: key) >= 1000 + 3 + CachedAnswer.overhead)
    }
}
