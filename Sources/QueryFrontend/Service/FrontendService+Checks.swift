/// Checks of TraceQL texts. The targets check them; a bad one comes back as their 400, which passes unchanged.
extension FrontendService {
    var textChecks: QueryTextChecks { .none }
}
