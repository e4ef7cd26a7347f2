/// Why a store could not be opened.
package struct StoreOpenError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
