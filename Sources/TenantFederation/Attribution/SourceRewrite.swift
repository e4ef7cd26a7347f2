package import TraceQL

/// A query as one place is asked it: reserved attributes are replaced by what they are there.
package struct SourceRewrite: Sendable {
    /// Why a use of a reserved attribute cannot be served.
    package struct Failure: Error, Sendable, Equatable {
        package let message: String
    }

    /// A reserved attribute that was taken out of a list, with its place in it.
    package struct Label: Sendable, Equatable {
        package var name: String
        package var value: String
        package var position: Int
    }

    /// What is asked; nil: nothing there can match.
    package let query: Query?
    /// Reserved attributes that the answer shall tell of every span: those of filters and of `select()`.
    package let ofSpans: [Label]
    /// Those that span sets were grouped by, named as the set's attribute is.
    package let ofSpanSets: [Label]
    /// Those that series were grouped by.
    package let ofSeries: [Label]

    /// - Parameter query: valid.
    package init(_ query: Query, _ attributes: SourceAttributes, at place: SourceAttributes.Place) throws(Failure) {
        var substitution = Substitution(attributes: attributes, place: place)
        let replaced = substitution.rewrite(query)
        if let failure = substitution.failure { throw failure }
        ofSpans = substitution.ofSpans
        ofSpanSets = substitution.ofSpanSets
        ofSeries = substitution.ofSeries
        self.query = replaced.canMatch ? replaced : nil
    }
}

/// Puts values in the place of reserved attributes and folds what becomes constant.
private struct Substitution: QueryRewriter {
    let attributes: SourceAttributes
    let place: SourceAttributes.Place
    var ofSpans: [SourceRewrite.Label] = []
    var ofSpanSets: [SourceRewrite.Label] = []
    var ofSeries: [SourceRewrite.Label] = []
    var failure: SourceRewrite.Failure?

    private mutating func refuse(_ attribute: Attribute, _ what: String) {
        failure = failure ?? SourceRewrite.Failure(message: "\(attribute) cannot be used \(what)")
    }

    /// Reached for attributes outside of lists and filters: arguments of functions.
    mutating func rewrite(_ attribute: Attribute) -> Attribute {
        if attributes.value(attribute, at: place) != nil { refuse(attribute, "as the argument of a function") }
        return attributes.carried(attribute) ?? attribute
    }

    mutating func rewrite(_ expression: FieldExpression) -> FieldExpression {
        if let attribute = expression.attribute, let value = attributes.value(attribute, at: place) {
            noteOnSpans(attribute, value)
            return FieldExpression(.literal(.string(value)), range: expression.range)
        }
        return rewriteChildren(expression).folded
    }

    private mutating func noteOnSpans(_ attribute: Attribute, _ value: String) {
        guard !ofSpans.contains(where: { $0.name == attribute.name }) else { return }
        ofSpans.append(SourceRewrite.Label(name: attribute.name, value: value, position: ofSpans.count))
    }

    mutating func rewrite(_ pipeline: Pipeline) -> Pipeline {
        var elements: [PipelineElement] = []
        for element in pipeline.elements {
            switch element.kind {
            case .group(let expression):
                if let attribute = expression.attribute, let value = attributes.value(attribute, at: place) {
                    // One place has one value: grouping by it groups by nothing.
                    ofSpanSets.append(
                        SourceRewrite.Label(name: "by(\(attribute.tempoText))", value: value, position: elements.count))
                    continue
                }
                let labels = ofSpans
                let rewritten = rewrite(expression)
                if ofSpans != labels || rewritten.literal != nil {
                    failure =
                        failure
                        ?? SourceRewrite.Failure(
                            message:
                                "by() of an expression of \(attributes.names.joined(separator: " or ")) is not supported"
                        )
                }
                elements.append(PipelineElement(.group(rewritten), range: element.range))
            case .select(let list):
                let kept = list.filter { attribute in
                    guard let value = attributes.value(attribute, at: place) else { return true }
                    noteOnSpans(attribute, value)
                    return false
                }.map { attributes.carried($0) ?? $0 }
                if !kept.isEmpty || list.isEmpty {
                    elements.append(PipelineElement(.select(kept), range: element.range))
                }
            default: elements.append(rewriteChildren(element))
            }
        }
        if elements.isEmpty {
            let all = SpansetFilter(FieldExpression(.literal(.boolean(true))))
            elements = [PipelineElement(.spanset(SpansetExpression(.filter(all))))]
        }
        return Pipeline(elements, range: pipeline.range)
    }

    mutating func rewrite(_ function: MetricsFunction) -> MetricsFunction {
        var rewritten = rewriteChildren(MetricsFunction(function.kind, range: function.range))
        var kept: [Attribute] = []
        for (position, attribute) in function.group.enumerated() {
            if let value = attributes.value(attribute, at: place) {
                ofSeries.append(
                    SourceRewrite.Label(name: attribute.tempoText, value: value, position: position))
            } else {
                kept.append(attributes.carried(attribute) ?? attribute)
            }
        }
        rewritten.group = kept
        return rewritten
    }
}
