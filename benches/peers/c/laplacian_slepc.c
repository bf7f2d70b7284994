/* The smallest eigenpairs of the five-point Laplacian of a square grid by SLEPc, beside distributed/examples/laplacian.rs:
 *
 *   mpicc.openmpi -O3 laplacian_slepc.c -o laplacian_slepc $(pkg-config --cflags --libs slepc petsc)
 *   mpirun.openmpi -n 2 ./laplacian_slepc -side 300 -eps_nev 10
 *
 * (Debian: slepc-dev). By default Krylov-Schur on the matrix itself; SLEPc's own options choose others, such as
 * -eps_type lobpcg -st_pc_type gamg, or -st_type sinvert -eps_target 0 -st_pc_factor_mat_solver_type mumps. */
#include <slepceps.h>

int main(int argc, char **argv)
{
  Mat         A;
  EPS         eps;
  PetscInt    side = 300, first, end, found;
  PetscScalar value;
  double      begun;

  SlepcInitialize(&argc, &argv, NULL, NULL);
  PetscOptionsGetInt(NULL, NULL, "-side", &side, NULL);
  PetscInt n = side * side;
  double scale = (double)(side + 1) * (side + 1);
  MatCreateAIJ(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, n, n, 5, NULL, 4, NULL, &A);
  MatGetOwnershipRange(A, &first, &end);
  for (PetscInt i = first; i < end; i++) {
    PetscInt x = i % side, y = i / side;
    MatSetValue(A, i, i, 4 * scale, INSERT_VALUES);
    if (x > 0) MatSetValue(A, i, i - 1, -scale, INSERT_VALUES);
    if (x + 1 < side) MatSetValue(A, i, i + 1, -scale, INSERT_VALUES);
    if (y > 0) MatSetValue(A, i, i - side, -scale, INSERT_VALUES);
    if (y + 1 < side) MatSetValue(A, i, i + side, -scale, INSERT_VALUES);
  }
  MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
  MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);

  EPSCreate(PETSC_COMM_WORLD, &eps);
  EPSSetOperators(eps, A, NULL);
  EPSSetProblemType(eps, EPS_HEP);
  EPSSetWhichEigenpairs(eps, EPS_SMALLEST_REAL);
  EPSSetDimensions(eps, 10, PETSC_DEFAULT, PETSC_DEFAULT);
  EPSSetTolerances(eps, 1e-10, 100000);
  EPSSetFromOptions(eps);
  begun = MPI_Wtime();
  EPSSolve(eps);
  EPSGetConverged(eps, &found);
  PetscPrintf(PETSC_COMM_WORLD, "%d unknowns, %d pairs converged, %.1f s\n", (int)n, (int)found, MPI_Wtime() - begun);
  for (PetscInt k = 0; k < found && k < 10; k++) {
    EPSGetEigenvalue(eps, k, &value, NULL);
    PetscPrintf(PETSC_COMM_WORLD, "%.12e\n", (double)PetscRealPart(value));
  }
  EPSDestroy(&eps);
  MatDestroy(&A);
  return SlepcFinalize();
}
