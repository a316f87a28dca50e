/* A PKCS#11 module that behaves as the official Belgian one, over SoftHSM2, for tests; TEST keys only.
 *
 * Its own "PIN window" opens once for each signature with the key labelled Signature, and once for each C_Login; each
 * opening is a line in the file $BEID_SHIM_LOG. The answer is $BEID_SHIM_ANSWER (a return value in hex; none: the PIN
 * was right), given at once, or when the file $BEID_SHIM_WAIT appears. With $BEID_SHIM_PINPAD the PIN is typed on the
 * reader. The token asks for no log-in, tells no PIN count, and knows no C_WaitForSlotEvent.
 *
 * With $BEID_SHIM_GENERIC it is somebody else's module, for what SoftHSM cannot show: its PIN is asked by C_Login alone,
 * and its token has the flags $BEID_SHIM_FLAGS (hex) beside its own.
 * A card is in the reader as long as the file $BEID_SHIM_CARD holds a number, another one after each insertion; what was
 * opened before is dead then. A second number says which of SoftHSM's tokens it is, counted from 0; without it, all are
 * there. Without that variable all always are. $BEID_SHIM_MISHAP lets the module "crash", "hang" or
 * "print" when it is loaded.
 * The types are written out (PKCS#11 2.40) so that it needs no header.
 */
#include <dlfcn.h>
#include <signal.h>
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

enum { GET_INFO = 2, GET_FUNCTION_LIST = 3, GET_SLOT_LIST = 4, GET_TOKEN_INFO = 6, OPEN_SESSION = 12, CLOSE_SESSION = 13,
       GET_SESSION_INFO = 15, LOGIN = 18, LOGOUT = 19, GET_ATTRIBUTE = 24, FIND_OBJECTS_INIT = 26, SIGN_INIT = 42, SIGN = 43, WAIT_FOR_SLOT_EVENT = 67 };
enum { LOGIN_REQUIRED = 0x4, PROTECTED_PATH = 0x100, PIN_FLAGS = 0x70000 };
enum { OK = 0, DEVICE_REMOVED = 0x32, FUNCTION_CANCELED = 0x50, NOT_SUPPORTED = 0x54, SESSION_HANDLE_INVALID = 0xB3,
       TOKEN_NOT_PRESENT = 0xE0, LABEL = 3, SESSIONS = 64 };

static function_list *softhsm, shim;
static int with_signature_key;
static struct { ulong_t session, insertion; } opened[SESSIONS];

/* Which insertion this is, counted from 1, and of which token (-1: of all); 0 without a card. */
static ulong_t inserted(long *which) {
    const char *path = getenv("BEID_SHIM_CARD");
    ulong_t number = 0;
    FILE *file = path ? fopen(path, "r") : NULL;
    *which = -1;
    if (!path) return 1;
    if (!file) return 0;
    if (fscanf(file, "%lu %ld", &number, which) < 1) number = 0;
    fclose(file);
    return number;
}

static ulong_t insertion(void) {
    long which;
    return inserted(&which);
}

/* What a session is worth after its card came out. */
static ulong_t gone(ulong_t session) {
    ulong_t now = insertion();
    for (int i = 0; i < SESSIONS; i++)
        if (opened[i].session == session && opened[i].insertion != now) return now ? SESSION_HANDLE_INVALID : DEVICE_REMOVED;
    return OK;
}

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

static ulong_t get_slot_list(unsigned char present, ulong_t *slots, ulong_t *count) {
    ulong_t (*really)(unsigned char, ulong_t *, ulong_t *) = softhsm->f[GET_SLOT_LIST];
    ulong_t all[SESSIONS], room = SESSIONS, status;
    long which;
    if (!present || (inserted(&which) && which < 0)) return really(present, slots, count);
    status = really(present, all, &room);
    *count = inserted(&which) && which < (long)room;
    if (slots && *count) *slots = all[which];
    return status;
}

static ulong_t open_session(ulong_t slot, ulong_t flags, void *application, void *notify, ulong_t *session) {
    static int next;
    ulong_t (*really)(ulong_t, ulong_t, void *, void *, ulong_t *) = softhsm->f[OPEN_SESSION];
    ulong_t now = insertion(), status = now ? really(slot, flags, application, notify, session) : TOKEN_NOT_PRESENT;
    if (status == OK) {
        opened[next % SESSIONS].session = *session;
        opened[next++ % SESSIONS].insertion = now;
    }
    return status;
}

static ulong_t close_session(ulong_t session) {
    ulong_t status = ((ulong_t (*)(ulong_t))softhsm->f[CLOSE_SESSION])(session);
    return gone(session) ? gone(session) : status;
}

static ulong_t get_session_info(ulong_t session, void *out) {
    ulong_t status = gone(session);
    return status ? status : ((ulong_t (*)(ulong_t, void *))softhsm->f[GET_SESSION_INFO])(session, out);
}

static ulong_t find_objects_init(ulong_t session, attribute *template, ulong_t count) {
    ulong_t (*really)(ulong_t, attribute *, ulong_t) = softhsm->f[FIND_OBJECTS_INIT];
    ulong_t status = gone(session);
    return status ? status : really(session, template, count);
}

static ulong_t get_token_info(ulong_t slot, token_info *out) {
    if (!insertion()) return TOKEN_NOT_PRESENT;
    ulong_t status = ((ulong_t (*)(ulong_t, token_info *))softhsm->f[GET_TOKEN_INFO])(slot, out);
    const char *more = getenv("BEID_SHIM_FLAGS");
    if (!getenv("BEID_SHIM_GENERIC")) out->flags &= ~(ulong_t)(LOGIN_REQUIRED | PIN_FLAGS);
    if (more) out->flags |= strtoul(more, NULL, 16);
    if (getenv("BEID_SHIM_PINPAD")) out->flags |= PROTECTED_PATH;
    return status;
}

static ulong_t login(ulong_t session, ulong_t user, void *pin, ulong_t length) {
    (void)user, (void)pin, (void)length;
    return gone(session) ? gone(session) : ask("login");
}

static ulong_t logout(ulong_t session) {
    (void)session;
    return OK;
}

static ulong_t sign_init(ulong_t session, void *mechanism, ulong_t key) {
    char label[32] = "";
    if (gone(session)) return gone(session);
    attribute wanted = {LABEL, label, sizeof label - 1};
    ((ulong_t (*)(ulong_t, ulong_t, attribute *, ulong_t))softhsm->f[GET_ATTRIBUTE])(session, key, &wanted, 1);
    with_signature_key = !strcmp(label, "Signature") && !getenv("BEID_SHIM_GENERIC");
    return ((ulong_t (*)(ulong_t, void *, ulong_t))softhsm->f[SIGN_INIT])(session, mechanism, key);
}

static ulong_t sign(ulong_t session, void *data, ulong_t length, unsigned char *out, ulong_t *out_length) {
    ulong_t (*really)(ulong_t, void *, ulong_t, void *, ulong_t *) = softhsm->f[SIGN];
    ulong_t refusal = out && with_signature_key ? ask("sign") : OK;
    if (!refusal) refusal = gone(session);
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

static void have_mishap(const char *mishap) {
    if (!strcmp(mishap, "crash")) raise(SIGSEGV);
    if (!strcmp(mishap, "hang")) pause();
    if (!strcmp(mishap, "print")) puts("{}"), fflush(stdout);
}

ulong_t C_GetFunctionList(function_list **out) {
    if (getenv("BEID_SHIM_MISHAP")) have_mishap(getenv("BEID_SHIM_MISHAP"));
    void *library = dlopen("/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_LOCAL);
    ulong_t (*list)(function_list **) = library ? dlsym(library, "C_GetFunctionList") : NULL;
    if (!list || list(&softhsm)) return 5;
    shim = *softhsm;
    shim.f[GET_INFO] = get_info;
    shim.f[GET_FUNCTION_LIST] = C_GetFunctionList;
    shim.f[GET_SLOT_LIST] = get_slot_list;
    shim.f[GET_TOKEN_INFO] = get_token_info;
    shim.f[OPEN_SESSION] = open_session;
    shim.f[CLOSE_SESSION] = close_session;
    shim.f[GET_SESSION_INFO] = get_session_info;
    shim.f[FIND_OBJECTS_INIT] = find_objects_init;
    shim.f[LOGIN] = login;
    shim.f[LOGOUT] = logout;
    shim.f[SIGN_INIT] = sign_init;
    shim.f[SIGN] = sign;
    shim.f[WAIT_FOR_SLOT_EVENT] = wait_for_slot_event;
    *out = &shim;
    return OK;
}
