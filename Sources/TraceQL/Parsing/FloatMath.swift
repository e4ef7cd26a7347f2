/// The one function of the mathematics library that folding needs; the module imports none.
enum FloatMath {
    /// `base` to the power of `exponent`, with the special cases of IEEE 754. Exact where a whole exponent makes it so;
    /// otherwise within a few units in the last place.
    static func power(_ base: Double, _ exponent: Double) -> Double {
        if exponent == 0 || base == 1 { return 1 }
        if base.isNaN || exponent.isNaN { return .nan }
        let isWhole = exponent == exponent.rounded(.towardZero)
        let isOdd = isWhole && exponent.magnitude < 0x1p53 && exponent.truncatingRemainder(dividingBy: 2) != 0
        if exponent.isInfinite {
            if base.magnitude == 1 { return 1 }
            return (base.magnitude > 1) == (exponent > 0) ? .infinity : 0
        }
        if base == 0 || base.isInfinite {
            let magnitude: Double = (base == 0) == (exponent > 0) ? 0 : .infinity
            return isOdd && base.sign == .minus ? -magnitude : magnitude
        }
        if base < 0 && !isWhole { return .nan }
        if isWhole && exponent.magnitude <= 1024 {
            let magnitude = wholePower(base.magnitude, Int(exponent.magnitude))
            let result = exponent < 0 ? 1 / magnitude : magnitude
            return isOdd && base < 0 ? -result : result
        }
        let result = exponential(exponent * logarithm(base.magnitude))
        return isOdd && base < 0 ? -result : result
    }

    private static func wholePower(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        var square = base
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }

    private static let ln2 = 0.693147180559945309417

    /// The natural logarithm of a positive finite number: exponent and mantissa apart, the mantissa by the series of
    /// 2 artanh((m - 1) / (m + 1)).
    private static func logarithm(_ value: Double) -> Double {
        var mantissa = value.significand
        var exponent = Double(value.exponent)
        if mantissa > 1.4142135623730951 {
            mantissa /= 2
            exponent += 1
        }
        let ratio = (mantissa - 1) / (mantissa + 1)
        let square = ratio * ratio
        var sum = 0.0
        for index in stride(from: 23, through: 1, by: -2) { sum = sum * square + 1 / Double(index) }
        return exponent * ln2 + 2 * ratio * sum
    }

    /// e to the power of `value`.
    private static func exponential(_ value: Double) -> Double {
        if value > 710 { return .infinity }
        if value < -746 { return 0 }
        let shift = (value / ln2).rounded()
        let rest = value - shift * ln2
        var sum = 1.0
        for index in stride(from: 18, through: 1, by: -1) { sum = 1 + rest / Double(index) * sum }
        // In two steps, so that results near the smallest number are not lost.
        let half = (shift / 2).rounded(.towardZero)
        return sum * Double(sign: .plus, exponent: Int(half), significand: 1)
            * Double(sign: .plus, exponent: Int(shift - half), significand: 1)
    }
}
