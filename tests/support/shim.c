/*
 * A PKCS#11 module that stands before SoftHSM and makes it behave as cards, readers and faults do.
 *
 * Everything is forwarded to the module that SHIM_MODULE names, but for the calls below. Structures are laid out as in
 * PKCS#11 v2.40 on Linux (no packing); only what is touched is named, so that no header is needed.
 *
 *   SHIM_LOG      a file: a line for each C_InitToken, C_InitPIN, C_Login, C_CreateObject, C_SetAttributeValue and C_Sign that reaches this module
 *   SHIM_FLAGS    hexadecimal CK_TOKEN_INFO flags, set beside the token's own
 *   SHIM_PAD_PIN  the PIN for a C_Login without one: what a person types on the reader's pad
 *   SHIM_TEXT     octets that begin the token's label, manufacturer, model and serial number
 *   SHIM_ALWAYS   set: key pairs are made with CKA_ALWAYS_AUTHENTICATE
 *   SHIM_LACKS    a mechanism's number in hexadecimal: the token says that it has none such
 *   SHIM_FAULT    "CALL N KIND": what the N-th such call does instead; CALL is sign, context-login, init-pin, create-object or
 *                 set-attribute, KIND is
 *                 corrupt, short, die-before, die-after (sign; die-before of objects too; the process is killed before the token does it, or
 *                 after it has signed), wait (sign alone: after it has signed, until there is a file that SHIM_WAIT
 *                 names, a minute at most), or a return value in hexadecimal. A return value stays from then on.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ulong;
typedef unsigned char octet;

enum { OK = 0, GENERAL_ERROR = 5, MECHANISM_INVALID = 0x70 };
enum { CONTEXT_SPECIFIC = 2, ALWAYS_AUTHENTICATE = 0x202 };
/* Places in CK_FUNCTION_LIST. */
enum { GET_TOKEN_INFO = 6, GET_MECHANISM_INFO = 8, INIT_TOKEN = 9, INIT_PIN = 10, LOGIN = 18, CREATE_OBJECT = 20, SET_ATTRIBUTE = 25, SIGN = 43, GENERATE_KEY_PAIR = 59 };

struct list { octet version[2]; void *call[68]; };
struct token_info { octet label[32], manufacturer[32], model[16], serial[16]; ulong flags, rest[10]; };
struct attribute { ulong type; void *value; ulong octets; };

static struct list real, ours;

static void record(const char *call)
{
    const char *path = getenv("SHIM_LOG");
    FILE *log = path ? fopen(path, "a") : NULL;
    if (log == NULL)
        return;
    fprintf(log, "%s\n", call);
    fclose(log);
}

/* Whether this call is the faulty one; `kind` is then what it does. */
static int faulty(const char *call, atomic_ulong *count, char kind[16])
{
    char named[16] = "";
    ulong at = 0, now = ++*count;
    const char *fault = getenv("SHIM_FAULT");
    if (fault == NULL || sscanf(fault, "%15s %lu %15s", named, &at, kind) != 3 || strcmp(named, call) != 0)
        return 0;
    return now == at || (now > at && strncmp(kind, "0x", 2) == 0);
}

static ulong get_token_info(ulong slot, struct token_info *info)
{
    ulong (*next)(ulong, struct token_info *) = real.call[GET_TOKEN_INFO];
    ulong answer = next(slot, info);
    const char *flags = getenv("SHIM_FLAGS"), *text = getenv("SHIM_TEXT");
    if (answer == OK && flags != NULL)
        info->flags |= strtoul(flags, NULL, 16);
    if (answer == OK && text != NULL) {
        size_t octets = strlen(text);
        memcpy(info->label, text, octets < 32 ? octets : 32);
        memcpy(info->manufacturer, text, octets < 32 ? octets : 32);
        memcpy(info->model, text, octets < 16 ? octets : 16);
        memcpy(info->serial, text, octets < 16 ? octets : 16);
    }
    return answer;
}

static ulong get_mechanism_info(ulong slot, ulong mechanism, void *info)
{
    ulong (*next)(ulong, ulong, void *) = real.call[GET_MECHANISM_INFO];
    const char *lacks = getenv("SHIM_LACKS");
    if (lacks != NULL && strtoul(lacks, NULL, 16) == mechanism)
        return MECHANISM_INVALID;
    return next(slot, mechanism, info);
}

static ulong init_token(ulong slot, octet *pin, ulong octets, octet *label)
{
    ulong (*next)(ulong, octet *, ulong, octet *) = real.call[INIT_TOKEN];
    record("C_InitToken");
    return next(slot, pin, octets, label);
}

static ulong init_pin(ulong session, octet *pin, ulong octets)
{
    static atomic_ulong count;
    char kind[16];
    ulong (*next)(ulong, octet *, ulong) = real.call[INIT_PIN];
    record("C_InitPIN");
    return faulty("init-pin", &count, kind) ? strtoul(kind, NULL, 16) : next(session, pin, octets);
}

static ulong login(ulong session, ulong user, octet *pin, ulong octets)
{
    static atomic_ulong count;
    char kind[16], *pad = getenv("SHIM_PAD_PIN");
    ulong (*next)(ulong, ulong, octet *, ulong) = real.call[LOGIN];
    record(user == CONTEXT_SPECIFIC ? "C_Login context" : pin == NULL ? "C_Login pad" : "C_Login");
    if (user == CONTEXT_SPECIFIC && faulty("context-login", &count, kind))
        return strtoul(kind, NULL, 16);
    if (pin == NULL && pad != NULL)
        return next(session, user, (octet *)pad, strlen(pad));
    return next(session, user, pin, octets);
}

static ulong sign(ulong session, octet *message, ulong message_octets, octet *signature, ulong *octets)
{
    static atomic_ulong count;
    char kind[16];
    ulong answer, (*next)(ulong, octet *, ulong, octet *, ulong *) = real.call[SIGN];
    /* Without a buffer this only asks for the length. */
    if (signature == NULL)
        return next(session, message, message_octets, signature, octets);
    record("C_Sign");
    if (!faulty("sign", &count, kind))
        return next(session, message, message_octets, signature, octets);
    if (strncmp(kind, "0x", 2) == 0)
        return strtoul(kind, NULL, 16);
    if (strcmp(kind, "die-before") == 0)
        raise(SIGKILL);
    answer = next(session, message, message_octets, signature, octets);
    if (strcmp(kind, "wait") == 0)
        for (int left = 6000; left > 0 && access(getenv("SHIM_WAIT"), F_OK) != 0; left--)
            usleep(10000);
    if (strcmp(kind, "die-after") == 0)
        raise(SIGKILL);
    if (answer == OK && strcmp(kind, "corrupt") == 0)
        signature[*octets / 2] ^= 1;
    if (answer == OK && strcmp(kind, "short") == 0)
        *octets -= 1;
    return answer;
}

static ulong create_object(ulong session, struct attribute *template, ulong count, ulong *object)
{
    static atomic_ulong calls;
    char kind[16];
    ulong (*next)(ulong, struct attribute *, ulong, ulong *) = real.call[CREATE_OBJECT];
    record("C_CreateObject");
    if (!faulty("create-object", &calls, kind))
        return next(session, template, count, object);
    if (strcmp(kind, "die-before") == 0)
        raise(SIGKILL);
    return strtoul(kind, NULL, 16);
}

static ulong set_attribute(ulong session, ulong object, struct attribute *template, ulong count)
{
    static atomic_ulong calls;
    char kind[16];
    ulong (*next)(ulong, ulong, struct attribute *, ulong) = real.call[SET_ATTRIBUTE];
    record("C_SetAttributeValue");
    if (!faulty("set-attribute", &calls, kind))
        return next(session, object, template, count);
    if (strcmp(kind, "die-before") == 0)
        raise(SIGKILL);
    return strtoul(kind, NULL, 16);
}

static ulong generate_key_pair(ulong session, void *mechanism, struct attribute *public, ulong public_count,
                               struct attribute *private, ulong private_count, ulong *public_key, ulong *private_key)
{
    static octet yes = 1;
    struct attribute more[64];
    ulong (*next)(ulong, void *, struct attribute *, ulong, struct attribute *, ulong, ulong *, ulong *) =
        real.call[GENERATE_KEY_PAIR];
    if (getenv("SHIM_ALWAYS") != NULL && private_count < 64) {
        memcpy(more, private, private_count * sizeof *private);
        more[private_count++] = (struct attribute){ALWAYS_AUTHENTICATE, &yes, 1};
        private = more;
    }
    return next(session, mechanism, public, public_count, private, private_count, public_key, private_key);
}

ulong C_GetFunctionList(struct list **answer)
{
    const char *path = getenv("SHIM_MODULE");
    void *library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    ulong (*next)(struct list **) = library ? (ulong (*)(struct list **))dlsym(library, "C_GetFunctionList") : NULL;
    struct list *found = NULL;
    if (next == NULL || next(&found) != OK || found == NULL)
        return GENERAL_ERROR;
    real = ours = *found;
    ours.call[GET_TOKEN_INFO] = get_token_info;
    ours.call[GET_MECHANISM_INFO] = get_mechanism_info;
    ours.call[INIT_TOKEN] = init_token;
    ours.call[INIT_PIN] = init_pin;
    ours.call[LOGIN] = login;
    ours.call[CREATE_OBJECT] = create_object;
    ours.call[SET_ATTRIBUTE] = set_attribute;
    ours.call[SIGN] = sign;
    ours.call[GENERATE_KEY_PAIR] = generate_key_pair;
    *answer = &ours;
    return OK;
}
