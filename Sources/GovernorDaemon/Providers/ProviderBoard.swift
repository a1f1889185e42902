import GovernorAPI
import GovernorCore
import Synchronization

/// What is known of each provider that is asked, for whoever shows it.
final class ProviderBoard: Sendable {
    private let shown: Mutex<[String: ProviderView]>

    init(_ views: [ProviderView]) {
        shown = Mutex(Dictionary(views.map { ($0.provider, $0) }) { first, _ in first })
    }

    /// All, by name; those that can't be asked too.
    /// - Parameter isCounted: whether the policy counts what only they know of.
    func views(isCounted: Bool) -> [ProviderView] {
        let views = shown.withLock { $0.values + ProviderView.silent }.sorted { $0.provider < $1.provider }
        return views.map { view in
            var view = view
            view.isCounted = isCounted && (view.state == .on || view.state == .error)
            return view
        }
    }

    func change(_ provider: ReportingProvider, _ body: (inout ProviderView) -> Void) {
        shown.withLock {
            body(&$0[provider.rawValue, default: ProviderView(provider: provider.rawValue, state: .on)])
        }
    }
}
