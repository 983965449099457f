//! The one call that the cryptoki crate cannot make by itself: `C_Sign` after `C_SignInit`, with a log-in between the
//! two. Keys with `CKA_ALWAYS_AUTHENTICATE` want exactly that (PKCS#11 v2.40 §5.11), and cryptoki 0.12 starts and ends
//! a single-part signature in one function. The only file with `unsafe` in it; it holds nothing else.
#![expect(unsafe_code, reason = "a foreign function is called through its pointer")]

use std::path::Path;
use std::ptr::null_mut;

use cryptoki::context::Function;
use cryptoki::error::{Error as CryptokiError, Rv};
use cryptoki::session::Session as Cryptoki;
use cryptoki_sys::{CK_BYTE, CK_RV, CK_SESSION_HANDLE, CK_ULONG, Pkcs11};

type Sign =
    unsafe extern "C" fn(CK_SESSION_HANDLE, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, *mut CK_ULONG) -> CK_RV;

/// `C_Sign` of a module that is loaded.
pub(super) struct SingleSign {
    sign: Sign,
    /// Keeps the library, and with it `sign`, where it is.
    _library: Pkcs11,
}

impl SingleSign {
    /// Finds the function in a module that cryptoki has loaded from the same path; the loader gives the same library.
    pub(super) fn of(module: &Path) -> Result<Self, CryptokiError> {
        // SAFETY: the library was loaded from this path before, so its initialisers have run and run no more.
        let library = unsafe { Pkcs11::new(module) }.map_err(CryptokiError::LibraryLoading)?;
        if library.C_GetFunctionList.is_err() {
            return Err(CryptokiError::MissingSymbol("C_GetFunctionList"));
        }
        let mut list = null_mut();
        // SAFETY: the function exists (checked above) and writes one pointer to where it is told.
        let answer = unsafe { library.C_GetFunctionList(&raw mut list) };
        Rv::from(answer).into_result(Function::GetFunctionList)?;
        // SAFETY: after CKR_OK the pointer is null or leads to the module's list, which lives as long as the module.
        let sign = unsafe { list.as_ref() }.and_then(|list| list.C_Sign);
        Ok(Self { sign: sign.ok_or(CryptokiError::NullFunctionPointer)?, _library: library })
    }

    /// Ends a signature that `C_SignInit` has begun in this session; the signature has at most `octets_max` octets.
    pub(super) fn sign(
        &self,
        session: &Cryptoki,
        input: &[u8],
        octets_max: usize,
    ) -> Result<Vec<u8>, CryptokiError> {
        // A copy, because the standard's pointer is not const.
        let mut input = input.to_vec();
        let mut signature = vec![0; octets_max];
        let mut octets = CK_ULONG::try_from(signature.len())?;
        let length = CK_ULONG::try_from(input.len())?;
        // SAFETY: both buffers live through the call and have the lengths told; the module writes at most `octets`
        // octets and their number back (PKCS#11 v2.40 §5.2).
        let answer = unsafe {
            (self.sign)(session.handle(), input.as_mut_ptr(), length, signature.as_mut_ptr(), &raw mut octets)
        };
        Rv::from(answer).into_result(Function::Sign)?;
        signature.truncate(usize::try_from(octets)?);
        Ok(signature)
    }
}
