/* confdefs.h */
#define PACKAGE_NAME "butter"
#define PACKAGE_TARNAME "butter"
#define PACKAGE_VERSION "0.1.0"
#define PACKAGE_STRING "butter 0.1.0"
#define PACKAGE_BUGREPORT ""
#define PACKAGE_URL ""
#define PACKAGE "butter"
#define VERSION "0.1.0"
