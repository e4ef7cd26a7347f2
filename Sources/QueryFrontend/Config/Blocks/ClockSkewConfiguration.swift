import TenantFederation

/// `clock_skew_correction`: whether merging a trace compares the clocks of the targets that its spans come from.
///
/// The keys are those of tempo-federated-querier's design; there they stand at the root.
public struct ClockSkewConfiguration: Sendable, Equatable {
    /// `enabled`: if not, clocks are not compared at all.
    public var enabled = false
    /// `mode`: `detect-only` tells and changes nothing; `adjust` shifts the spans of targets whose clocks are off.
    public var mode = Self.detectOnly
    /// `max_adjustment`: the most by which `adjust` shifts a span.
    public var maxAdjustment: Duration = .seconds(1)

    static let detectOnly = "detect-only"
    static let adjust = "adjust"
    /// No clock that is further off is the work of drift; the bound also keeps times from running over.
    private static let longestAdjustment = Duration.seconds(86_400)

    /// The defaults.
    public init() {}

    static let typeName = "federation.ClockSkewCorrection"

    static var fields: [ConfigurationField<ClockSkewConfiguration>] {
        [.bool("enabled", \.enabled), .string("mode", \.mode), .duration("max_adjustment", \.maxAdjustment)]
    }

    func check(_ block: String, _ checks: inout FrontendConfiguration.Checks) {
        if mode != Self.detectOnly, mode != Self.adjust {
            let shown = String(mode.unicodeScalars.prefix(64).map { $0.value < 0x20 ? "?" : Character($0) })
            checks.problems.append(
                "\(block)mode: must be \(Self.detectOnly) or \(Self.adjust), is \(shown.isEmpty ? "empty" : shown)")
        }
        checks.positive(block + "max_adjustment", maxAdjustment)
        if maxAdjustment > Self.longestAdjustment {
            checks.problems.append(
                "\(block)max_adjustment: must be at most \(GoDuration.format(Self.longestAdjustment)), "
                    + "is \(GoDuration.format(maxAdjustment))")
        }
        if enabled, mode == Self.adjust {
            checks.warnings.append(
                ConfigurationWarning(
                    "\(block)mode is adjust",
                    "traces by id are shown with altered times where clocks disagree; detect-only changes nothing"))
        }
    }

    /// What merging a trace is asked to do; nil: nothing.
    var options: ClockSkewOptions? {
        guard enabled else { return nil }
        return ClockSkewOptions(maxAdjustment: mode == Self.adjust ? GoDuration.nanoseconds(maxAdjustment) : nil)
    }
}
