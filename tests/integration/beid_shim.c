/* A PKCS#11 module that behaves as the official Belgian one, over SoftHSM2, for tests; TEST keys only.
 *
 * Its own "PIN window" opens once for each signature with the key labelled Signature, and once for each C_Login; each
 * opening is a line in the file $BEID_SHIM_LOG. The answer is $BEID_SHIM_ANSWER (a return value in hex; none: the PIN
 * was right), given at once, or when the file $BEID_SHIM_WAIT appears. With $BEID_SHIM_PINPAD the PIN is typed on the
 * reader. The token asks for no log-in, tells no PIN count, and knows no C_WaitForSlotEvent.
 *
 * With $BEID_SHIM_GENERIC it is somebody else's module, for what SoftHSM cannot show: its PIN is asked by C_Login alone,
 * and its token has the flags $BEID_SHIM_FLAGS (hex) beside its own.
 * The types are written out (PKCS#11 2.40) so that it needs no header.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef unsigned long ulong_t;
typedef struct { unsigned char version[2]; void *f[68]; } function_list;
typedef struct { ulong_t type; void *value; ulong_t length; } attribute;
typedef struct { unsigned char label[32], manufacturer[32], model[16], serial[16]; ulong_t flags; } token_info; /* its start */
typedef struct { unsigned char version[2], manufacturer[32]; ulong_t flags; unsigned char description[32]; } info; /* its start */

enum { GET_INFO = 2, GET_FUNCTION_LIST = 3, GET_TOKEN_INFO = 6, LOGIN = 18, LOGOUT = 19, GET_ATTRIBUTE = 24,
       SIGN_INIT = 42, SIGN = 43, WAIT_FOR_SLOT_EVENT = 67 };
enum { LOGIN_REQUIRED = 0x4, PROTECTED_PATH = 0x100, PIN_FLAGS = 0x70000 };
enum { OK = 0, FUNCTION_CANCELED = 0x50, NOT_SUPPORTED = 0x54, LABEL = 3 };

static function_list *softhsm, shim;
static int with_signature_key;

static void padded(unsigned char *field, size_t size, const char *text) {
    memset(field, ' ', size);
    memcpy(field, text, strlen(text));
}

/* Open the window; gives what becomes of it. */
static ulong_t ask(const char *why) {
    const char *log = getenv("BEID_SHIM_LOG"), *wait = getenv("BEID_SHIM_WAIT"), *answer = getenv("BEID_SHIM_ANSWER");
    FILE *file = log ? fopen(log, "a") : NULL;
    if (file) {
        fprintf(file, "%s\n", why);
        fclose(file);
    }
    for (int left = 2000; wait && access(wait, F_OK); left--) { /* ten seconds, then nobody is there */
        const struct timespec pause = {0, 5000000};
        if (!left) return FUNCTION_CANCELED;
        nanosleep(&pause, NULL);
    }
    return answer ? strtoul(answer, NULL, 16) : OK;
}

static ulong_t get_info(info *out) {
    ulong_t status = ((ulong_t (*)(info *))softhsm->f[GET_INFO])(out);
    if (getenv("BEID_SHIM_GENERIC")) return status;
    padded(out->manufacturer, 32, "Belgium Government");
    padded(out->description, 32, "Belgium eID (TEST shim)");
    return status;
}

static ulong_t get_token_info(ulong_t slot, token_info *out) {
    ulong_t status = ((ulong_t (*)(ulong_t, token_info *))softhsm->f[GET_TOKEN_INFO])(slot, out);
    const char *more = getenv("BEID_SHIM_FLAGS");
    if (!getenv("BEID_SHIM_GENERIC")) out->flags &= ~(ulong_t)(LOGIN_REQUIRED | PIN_FLAGS);
    if (more) out->flags |= strtoul(more, NULL, 16);
    if (getenv("BEID_SHIM_PINPAD")) out->flags |= PROTECTED_PATH;
    return status;
}

static ulong_t login(ulong_t session, ulong_t user, void *pin, ulong_t length) {
    (void)session, (void)user, (void)pin, (void)length;
    return ask("login");
}

static ulong_t logout(ulong_t session) {
    (void)session;
    return OK;
}

static ulong_t sign_init(ulong_t session, void *mechanism, ulong_t key) {
    char label[32] = "";
    attribute wanted = {LABEL, label, sizeof label - 1};
    ((ulong_t (*)(ulong_t, ulong_t, attribute *, ulong_t))softhsm->f[GET_ATTRIBUTE])(session, key, &wanted, 1);
    with_signature_key = !strcmp(label, "Signature") && !getenv("BEID_SHIM_GENERIC");
    return ((ulong_t (*)(ulong_t, void *, ulong_t))softhsm->f[SIGN_INIT])(session, mechanism, key);
}

static ulong_t sign(ulong_t session, void *data, ulong_t length, unsigned char *out, ulong_t *out_length) {
    ulong_t (*really)(ulong_t, void *, ulong_t, void *, ulong_t *) = softhsm->f[SIGN];
    ulong_t refusal = out && with_signature_key ? ask("sign") : OK;
    if (refusal) { /* ends the operation, as a failed C_Sign does */
        unsigned char scratch[2048];
        ulong_t room = sizeof scratch;
        really(session, data, length, scratch, &room);
        return refusal;
    }
    return really(session, data, length, out, out_length);
}

static ulong_t wait_for_slot_event(ulong_t flags, ulong_t *slot, void *reserved) {
    (void)flags, (void)slot, (void)reserved;
    return NOT_SUPPORTED;
}

ulong_t C_GetFunctionList(function_list **out) {
    void *library = dlopen("/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_LOCAL);
    ulong_t (*list)(function_list **) = library ? dlsym(library, "C_GetFunctionList") : NULL;
    if (!list || list(&softhsm)) return 5;
    shim = *softhsm;
    shim.f[GET_INFO] = get_info;
    shim.f[GET_FUNCTION_LIST] = C_GetFunctionList;
    shim.f[GET_TOKEN_INFO] = get_token_info;
    shim.f[LOGIN] = login;
    shim.f[LOGOUT] = logout;
    shim.f[SIGN_INIT] = sign_init;
    shim.f[SIGN] = sign;
    shim.f[WAIT_FOR_SLOT_EVENT] = wait_for_slot_event;
    *out = &shim;
    return OK;
}
