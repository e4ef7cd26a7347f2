/// Random numbers that are the same for the same seed (SplitMix64).
struct DemoRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed &>> 31)
    }

    /// So many random bytes, not all zero.
    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
        if count > 0, bytes.allSatisfy({ $0 == 0 }) { bytes[0] = 1 }
        return bytes
    }

    mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &self)]
    }

    /// Milliseconds about `typical`, now and then several times as many.
    mutating func milliseconds(_ typical: Double) -> Double {
        let spread = Double.random(in: 0.6..<1.5, using: &self)
        return typical * spread * (chance(0.03) ? Double.random(in: 3..<8, using: &self) : 1)
    }
}
