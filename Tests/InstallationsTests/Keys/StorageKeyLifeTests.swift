import Testing

@testable import Installations

@Suite struct StorageKeyLifeTests {
    private let now = Timestamp(milliseconds: 1_795_435_200_000)

    private func next(
        _ step: StorageKeyStep, _ state: StorageKeyState, installations: Int64 = 0, retired: Int64 = 0,
        immediately: Bool = false
    ) -> Result<StorageKeyState?, StorageKeyRefusal> {
        Result { () throws(StorageKeyRefusal) in
            try StorageKeyLife.next(
                step, from: state, installations: installations,
                retiredAt: Timestamp(milliseconds: now.milliseconds - retired), now: now, immediately: immediately)
        }
    }

    @Test func `each step has one answer in each state`() {
        let table: [(StorageKeyStep, [Result<StorageKeyState?, StorageKeyRefusal>])] = [
            // prepared, primary, retiring, disabled, destroyed
            (
                .promote,
                [
                    .success(.primary), .success(nil), .success(.primary), .failure(.cannotPromote(.disabled)),
                    .failure(.isDestroyed),
                ]
            ),
            (
                .retire,
                [.success(.disabled), .failure(.isPrimary), .success(.disabled), .success(nil), .failure(.isDestroyed)]
            ),
            (.enable, [.success(nil), .success(nil), .success(nil), .success(.retiring), .failure(.isDestroyed)]),
            (
                .destroy,
                [
                    .failure(.notDisabled(.prepared)), .failure(.notDisabled(.primary)),
                    .failure(.notDisabled(.retiring)),
                    .success(.destroyed), .success(nil),
                ]
            ),
        ]
        for (step, answers) in table {
            for (state, answer) in zip(StorageKeyState.allCases, answers) {
                #expect(next(step, state, retired: StorageKeyLife.graceMilliseconds) == answer, "\(step) \(state)")
            }
        }
    }

    @Test func `a key that something still needs is not retired`() {
        #expect(next(.retire, .retiring, installations: 1) == .failure(.hasInstallations(1)))
    }

    @Test func `a key is destroyed seven days after it was retired, unless the operator waives them`() {
        let until = Timestamp(milliseconds: now.milliseconds + 1)
        #expect(
            next(.destroy, .disabled, retired: StorageKeyLife.graceMilliseconds - 1)
                == .failure(.tooEarly(until: until)))
        #expect(next(.destroy, .disabled, retired: StorageKeyLife.graceMilliseconds) == .success(.destroyed))
        #expect(next(.destroy, .disabled, retired: 0, immediately: true) == .success(.destroyed))
    }
}
