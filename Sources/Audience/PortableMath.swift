/// Logarithm, exponential and what is made of them, from nothing but the operations that IEEE 754 defines to the last bit.
///
/// The functions of the C library differ in their last bits between machines, and a plan must not.
enum PortableMath {
    /// The natural logarithm of a normal number above zero, to within one unit in the last place.
    ///
    /// Source: `__ieee754_log` of fdlibm 5.3 (Sun Microsystems, 1993): x = 2^k (1 + f), then a polynomial in
    /// f / (2 + f).
    static func log(_ value: Double) -> Double {
        guard value > 0, value < .infinity else { return value == 0 ? -.infinity : value == .infinity ? value : .nan }
        var exponent = Double(value.exponent)
        var significand = value.significand
        if significand > 1.4142135623730951 {
            significand *= 0.5
            exponent += 1
        }
        let f = significand - 1
        let s = f / (2 + f)
        let z = s * s
        let series =
            z
            * (0.6666666666666735130
                + z
                * (0.3999999999940941908
                    + z
                    * (0.2857142874366239149
                        + z
                        * (0.2222219843214978396
                            + z
                            * (0.1818357216161805012 + z * (0.1531383769920937332 + z * 0.1479819860511658591))))))
        let half = 0.5 * f * f
        return exponent * ln2High - ((half - (s * (half + series) + exponent * ln2Low)) - f)
    }

    /// e to the power of a number; zero or infinity where that does not fit.
    ///
    /// Source: `__ieee754_exp` of fdlibm 5.3: x = k ln 2 + r with |r| ≤ ln 2 / 2, then a rational function of r.
    static func exp(_ value: Double) -> Double {
        if value.isNaN { return value }
        if value > 709.7 { return .infinity }
        if value < -708 { return 0 }
        let k = (value * 1.4426950408889634).rounded()
        let high = value - k * ln2High
        let low = k * ln2Low
        let r = high - low
        let t = r * r
        let c =
            r - t
            * (0.166666666666666019037
                + t
                * (-2.77777777770155933842e-03
                    + t
                    * (6.61375632143793436117e-05
                        + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))))
        let result = 1 - ((low - (r * c) / (2 - c)) - high)
        return Double(sign: .plus, exponent: Int(k), significand: result)
    }

    /// A base above zero to any power.
    static func power(_ base: Double, _ exponent: Double) -> Double { exp(exponent * log(base)) }

    private static let ln2High = 6.93147180369123816490e-01
    private static let ln2Low = 1.90821492927058770002e-10
}

// MARK: The normal distribution

extension PortableMath {
    /// The standard normal variate below which a share of all lie: the inverse of the distribution function.
    ///
    /// Source: algorithm AS 241 (PPND16), M. J. Wichura, Applied Statistics 37 (1988), to about 16 digits.
    ///
    /// - Parameter share: Above 0 and below 1; what lies outside is taken as the nearest that is inside.
    /// - Returns: The variate, between -8.3 and 8.3.
    static func normalQuantile(_ share: Double) -> Double {
        let share = min(max(share, 0x1p-54), 1 - 0x1p-53)
        let q = share - 0.5
        if abs(q) <= 0.425 {
            let r = 0.180625 - q * q
            return q * ratio(r, centre)
        }
        let tail = (-log(q < 0 ? share : 1 - share)).squareRoot()
        let value = tail <= 5 ? ratio(tail - 1.6, shoulder) : ratio(tail - 5, far)
        return q < 0 ? -value : value
    }

    /// Numerator and denominator of a rational function, the constants first.
    private typealias Coefficients = (above: [Double], below: [Double])

    private static func ratio(_ r: Double, _ coefficients: Coefficients) -> Double {
        polynomial(r, coefficients.above) / polynomial(r, coefficients.below)
    }

    private static func polynomial(_ r: Double, _ coefficients: [Double]) -> Double {
        var sum = 0.0
        for coefficient in coefficients.reversed() { sum = sum * r + coefficient }
        return sum
    }

    private static let centre: Coefficients = (
        [
            3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
            4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3,
        ],
        [
            1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
            2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3,
        ]
    )
    private static let shoulder: Coefficients = (
        [
            1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
            1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
        ],
        [
            1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
            1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
        ]
    )
    private static let far: Coefficients = (
        [
            6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
            2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
        ],
        [
            1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
            7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
        ]
    )
}
