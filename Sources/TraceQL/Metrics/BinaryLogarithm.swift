/// Logarithms and powers to the base two, within a unit or two of the last place; the module imports no library of them.
enum BinaryLogarithm {
    /// The logarithm of a number above 0; minus infinity for 0, not a number below.
    static func log2(_ value: Double) -> Double {
        guard value > 0 else { return value == 0 ? -.infinity : .nan }
        guard value.isFinite else { return .infinity }
        var mantissa = value.significand
        var exponent = Double(value.exponent)
        if mantissa == 1 { return exponent }
        if mantissa > 1.4142135623730951 {
            mantissa /= 2
            exponent += 1
        }
        // 2 artanh((m - 1) / (m + 1)) / ln 2
        let ratio = (mantissa - 1) / (mantissa + 1)
        let square = ratio * ratio
        var sum = 0.0
        for index in stride(from: 25, through: 1, by: -2) { sum = sum * square + 1 / Double(index) }
        return exponent + 2 * ratio * sum * 1.4426950408889634
    }

    /// Two to the power of a number.
    static func exp2(_ exponent: Double) -> Double {
        if exponent.isNaN { return .nan }
        if exponent >= 1024 { return .infinity }
        if exponent < -1080 { return 0 }
        let whole = exponent.rounded()
        let rest = (exponent - whole) * 0.6931471805599453
        var sum = 1.0
        for index in stride(from: 17, through: 1, by: -1) { sum = 1 + rest / Double(index) * sum }
        // In two steps, so that results near the smallest number are not lost.
        let half = (whole / 2).rounded(.towardZero)
        return sum * Double(sign: .plus, exponent: Int(half), significand: 1)
            * Double(sign: .plus, exponent: Int(whole - half), significand: 1)
    }
}
