/// What the client of a query says about answers that are kept.
package struct CacheDirective: Sendable, Equatable {
    /// How old an answer may be that is not asked for anew; nil: as old as the upstream keeps any. Zero or less: every answer is
    /// asked for.
    package var maxAge: Duration?
    /// Whether what is asked for may be kept.
    package var stores: Bool

    package init(maxAge: Duration? = nil, stores: Bool = true) {
        self.maxAge = maxAge
        self.stores = stores
    }
}

/// Where the answer of one sub-request came from, when something that keeps answers stands before the upstream.
package enum CacheUse: UInt8, Sendable, CaseIterable {
    /// It was kept.
    case hit = 1
    /// Another sub-request asked the same at the same time.
    case joined
    /// It was asked for.
    case miss
    /// It was asked for, and what is kept was not looked at.
    case bypass
}
