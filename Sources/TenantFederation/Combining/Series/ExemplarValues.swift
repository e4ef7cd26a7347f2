import TraceQL

extension MetricsSeries {
    /// The exemplars of a histogram carry counts where a quantile wants what was observed; that stands among their labels.
    mutating func readExemplarValues(of function: MetricsFunction) {
        guard case .quantileOverTime(let attribute, _) = function.kind else { return }
        let name = attribute.tempoText
        exemplars = exemplars.compactMap { exemplar in
            guard let label = exemplar.labels.first(where: { $0.name == name }) else { return nil }
            var exemplar = exemplar
            switch label.value {
            case .int(let number): exemplar.value = Double(number)
            case .float(let number): exemplar.value = number
            case .string(let text):
                guard let seconds = Self.seconds(text) else { return nil }
                exemplar.value = seconds
            default: return nil
            }
            return exemplar
        }
    }

    /// A duration as a label tells it, in seconds.
    private static func seconds(_ text: String) -> Double? {
        guard let query = try? Query.parse("{duration=\(text)}"), case .spansets(let pipeline) = query.root,
            case .spanset(let spanset)? = pipeline.elements.first?.kind, case .filter(let filter) = spanset.kind,
            case .binary(_, _, let right) = filter.expression.kind, case .duration(let nanoseconds)? = right.literal
        else { return nil }
        return Double(nanoseconds) / 1e9
    }
}
