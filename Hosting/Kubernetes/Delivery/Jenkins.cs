namespace Aspire.Hosting.Kubernetes.Delivery;

/// <summary>A declarative pipeline; the agent has the .NET SDK, trivy, cosign and helm.</summary>
internal static class Jenkins
{
    private const string Image = "${REGISTRY}/${REPOSITORY}/${SERVICE}:${VERSION}";

    public static string Pipeline(DeliveryPlan plan) => $$"""
        pipeline {
          agent { label 'dotnet' }
          options {
            timeout(time: 2, unit: 'HOURS')
            disableConcurrentBuilds()
          }
          parameters {
            string(name: 'VERSION', defaultValue: '{{plan.Version}}', description: 'Of the images and the chart')
            string(name: 'REGISTRY', defaultValue: '{{DeliveryPlan.Registry}}', description: 'Where they go')
            string(name: 'REPOSITORY', defaultValue: '{{plan.ChartName}}', description: 'Path in the registry')
          }
          environment {
            COSIGN_PASSWORD = credentials('cosign-password')
            COSIGN_KEY = credentials('cosign-key')
          }
          stages {
            stage('Test') {
              steps { sh '{{plan.TestCommand}}' }
            }
            stage('Images') {
              steps {
                script {
                  def images = [
        {{DeliveryFiles.EachImage(plan, image => $"            '{image.Name}': '{image.Project}',")}}
                  ]
                  images.each { service, project ->
                    withEnv(["SERVICE=${service}", "PROJECT=${project}"]) {
                      sh '{{BuildSteps.PublishImage("${REGISTRY}", "${REPOSITORY}", "${SERVICE}", "${PROJECT}", "${VERSION}")}}'
                      sh '{{BuildSteps.ScanImage(Image)}}'
                      sh '{{BuildSteps.Sbom(Image, "${SERVICE}.cdx.json")}}'
                      sh '{{BuildSteps.Sign($"--key ${{COSIGN_KEY}} {Image}")}}'
                    }
                  }
                }
              }
            }
            stage('Chart') {
              steps {
                sh '{{BuildSteps.PublishChart(plan, "dist/helm")}}'
                sh '{{BuildSteps.ScanChart("dist/helm")}}'
                sh '{{BuildSteps.PackageChart("dist/helm", "${VERSION}")}}'
                sh '{{BuildSteps.PushChart(plan, "${VERSION}", "${REGISTRY}", "${REPOSITORY}")}}'
                sh '{{BuildSteps.Sign($"--key ${{COSIGN_KEY}} ${{REGISTRY}}/${{REPOSITORY}}/charts/{plan.ChartName}:${{VERSION}}")}}'
              }
            }
          }
          post {
            always { archiveArtifacts artifacts: '*.cdx.json, dist/*.tgz', allowEmptyArchive: true }
          }
        }

        """;
}
