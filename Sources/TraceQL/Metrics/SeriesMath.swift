/// Arithmetic between series and numbers.
enum SeriesMath {
    /// The result of an operator; not a number where it has none, as for a division by zero.
    static func apply(_ op: BinaryOperator, _ left: Double, _ right: Double) -> Double {
        switch op {
        case .add: left + right
        case .subtract: left - right
        case .multiply: left * right
        case .divide: right == 0 ? .nan : left / right
        default: .nan
        }
    }

    /// Every value and exemplar through one operation.
    static func map(_ set: SeriesSet, _ operation: (Double) -> Double) -> SeriesSet {
        var set = set
        for row in set.rows.indices {
            for interval in set.rows[row].values.indices {
                set.rows[row].values[interval] = operation(set.rows[row].values[interval])
            }
            for index in set.rows[row].exemplars.indices {
                set.rows[row].exemplars[index].value = operation(set.rows[row].exemplars[index].value)
            }
        }
        return set
    }

    /// Series of equal labels with each other; where a side has a series without labels, that with all of the other side.
    static func combine(_ op: BinaryOperator, _ left: SeriesSet, _ right: SeriesSet) -> SeriesSet {
        let leftRows = byIdentity(left)
        let rightRows = byIdentity(right)
        let none = SeriesIdentity([])
        let leading = rightRows[none] != nil ? left : right
        var result = SeriesSet(range: left.range)
        var seen: Set<SeriesIdentity> = []
        for row in leading.rows {
            let identity = SeriesIdentity(row.labels)
            guard seen.insert(identity).inserted else { continue }
            guard let leftRow = leftRows[identity] ?? leftRows[none],
                let rightRow = rightRows[identity] ?? rightRows[none]
            else { continue }
            var combined = left.rows[leftRow]
            let other = right.rows[rightRow]
            for interval in combined.values.indices where interval < other.values.count {
                combined.values[interval] = apply(op, combined.values[interval], other.values[interval])
            }
            combined.labels = labels(op, combined.labels, other.labels)
            let isLeftShared = leftRows[identity] == nil
            let isRightShared = rightRows[identity] == nil
            if isLeftShared == isRightShared {
                combined.exemplars += other.exemplars
            } else if isLeftShared {
                combined.exemplars = other.exemplars
            }
            result.rows.append(combined)
        }
        return result
    }

    private static func byIdentity(_ set: SeriesSet) -> [SeriesIdentity: Int] {
        Dictionary(
            set.rows.indices.map { (SeriesIdentity(set.rows[$0].labels), $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static func labels(_ op: BinaryOperator, _ left: [MetricsLabel], _ right: [MetricsLabel]) -> [MetricsLabel]
    {
        let function = MetricsLabel.Name.function
        var labels = left.filter { $0.name != function }
        labels += right.filter { $0.name != function && !labels.contains($0) }
        if case .string(let a)? = left.first(where: { $0.name == function })?.value,
            case .string(let b)? = right.first(where: { $0.name == function })?.value
        {
            labels.append(MetricsLabel(function, "(\(a) \(op.text) \(b))"))
        }
        return labels
    }
}
