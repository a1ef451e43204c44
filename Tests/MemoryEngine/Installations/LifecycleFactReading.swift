import Installations
import Store

extension MemoryTransaction: InstallationLoads {
    func expect(_ questions: [LifecycleQuestion]) {}

    func lifecycleFacts(for questions: [LifecycleQuestion]) -> [Result<LifecycleFacts, StoreError>] {
        count()
        let primary = rows.primary
        // Each that may make a row has a number of its own, though none is written yet.
        var last = rows.lastInstallationNumber
        return questions.map { question in
            let own = rows.installation(question.id)
            if own == nil, question.mayCreate { last = last.next }
            return .success(
                LifecycleFacts(
                    own: own.map { rows.known($0, with: question.needsHandedOut ? .handedOut : []) },
                    others: own == nil && question.endsOthers
                        ? rows.live(besides: question.id).map { rows.known($0) } : [],
                    primary: question.mayMakeKey ? primary : nil,
                    nextNumber: own == nil && question.mayCreate ? last : 0))
        }
    }
}
