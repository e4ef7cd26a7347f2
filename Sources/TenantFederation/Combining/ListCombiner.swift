package import TempoAPI

/// A combiner of tag names or values: folds answers of tenants into one sorted list, cut by the limits.
package protocol ListCombiner: Sendable {
    associatedtype Answer: WireMessage

    mutating func fold(_ part: Answer, from origin: PartOrigin)

    func finish() -> (response: Answer, cut: TagCut?)
}

extension TagNamesCombiner: ListCombiner {
    package mutating func fold(_ part: SearchTagsResponse, from origin: PartOrigin) {
        fold(part, from: origin, isCacheHit: false)
    }
}

extension ScopedTagsCombiner: ListCombiner {
    package mutating func fold(_ part: SearchTagsV2Response, from origin: PartOrigin) {
        fold(part, from: origin, isCacheHit: false)
    }
}

extension TagValuesCombiner: ListCombiner {
    package mutating func fold(_ part: SearchTagValuesResponse, from origin: PartOrigin) {
        fold(part, from: origin, isCacheHit: false)
    }
}

extension TypedTagValuesCombiner: ListCombiner {
    package mutating func fold(_ part: SearchTagValuesV2Response, from origin: PartOrigin) {
        fold(part, from: origin, isCacheHit: false)
    }
}
