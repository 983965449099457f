//! What each step of a proof is for.

use super::Step;

/// The full help of a step.
pub(super) fn of(step: &Step) -> &'static str {
    match step {
        Step::Platform => {
            "A platform takes a CA only from somebody who holds its key. It shows a code; the CA signs a certificate \
             with that code as its name; the platform compares. The certificate can stand for no device and ends by \
             itself.\n\nChoose the platform. Below the list stands where it shows the code, and what else it wants: \
             have the code ready before you go on. Nothing is signed before the last step."
        }
        Step::Authority => {
            "Choose the CA whose key is to be proved: the one that signs the devices' certificates, not one above it. \
             Beside each stands whether the platform takes its kind of key, which says nothing of whether it knows this CA, and below the list until when its \
             certificate is valid. A CA that still waits for its certificate cannot be proved and is not listed."
        }
        Step::Typing => {
            "Type the code as the platform shows it: capital and small letters differ, blanks count, and nothing of it \
             is changed. Enter goes to the second field: type it again, reading it from the platform and not from this \
             screen, because a slip would be found only there, days later. Below each field it stands in groups to be \
             read aloud; Ctrl-R makes them larger or smaller. Where they differ, the character is marked.\n\nWhere the \
             platform's people sent a CSR with the code as its name instead, Ctrl-F chooses that file."
        }
        Step::Request => {
            "Choose the CSR that has the code as its only common name. It is read, and its code is checked and shown \
             once more before anything is issued. With Esc the code is typed instead."
        }
        Step::Target => {
            "Choose the medium that takes the proof to the platform, and open the folder that shall receive it; w \
             writes there. One new folder is made in it when the certificate is issued; nothing that stands there \
             already is changed. Nothing is issued yet."
        }
        Step::Summary(_) => {
            "Read it aloud and compare the code with the platform once more: the certificate is of use for this code \
             only. i asks for the PIN; then one certificate is planned, signed, recorded, written onto the medium and \
             read back. No words are typed for it, because it is no CA's and can stand for no device."
        }
        Step::Failed(..) => {
            "It went wrong; the screen says what, and what is safe. Mend what it names and press i to try again with \
             the same code, or go back to change the medium or the code."
        }
        Step::Done(..) => {
            "The certificate is issued, recorded and on the medium. Take the medium to a machine with the platform's \
             console and do the numbered steps there, before the certificate ends. Without a medium: c shows both \
             files as QR codes, first the verification certificate's, then with Tab the CA's; the file's name stands \
             beside. n leads to the next code, p to the one before; each but a single one has its number and a blank \
             before its piece. Enter and Esc lead back to where it is chosen what is \
             to be done; the steps are told again when the platform is chosen anew, and the plan stands under Register."
        }
    }
}
